"""From the queue to the mailbox: each mail once, none lost, whatever SES and the queue do (I7)."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib import settings, wiring
from chalicelib.functions import emails
from chalicelib.store.deliveries import LEASE
from tests.captured_output import written
from tests.events import sqs_event
from tests.flows import faulty_queues
from tests.flows.faulty_queues import FaultyQueues
from tests.flows.two_manager_case import Case
from tests.gateway import Context
from tests.integration.faults import on_the_wire, refused
from tests.integration.interleaving import COMMIT, just_before
from tests.integration.store_fixtures import gone, meanwhile
from tests.invariants import duplicates, violations

DAVE = "dave@acme.example"
TIMEOUT = ReadTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com")
Message = dict[str, Any]


@pytest.fixture
def queues(case: Case, monkeypatch: pytest.MonkeyPatch) -> FaultyQueues:
    return faulty_queues.install(monkeypatch)


def receive() -> list[Message]:
    """Everything in the mail queue."""
    found: dict[str, Any] = dict(
        boto3.client("sqs").receive_message(
            QueueUrl=settings.current().email_queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
    )
    return list(found.get("Messages", []))


def messages(case: Case) -> list[Message]:
    """What the relay has put into the mail queue so far, in the order of the events."""
    case.world.pipeline.stream()
    return sorted(receive(), key=lambda message: str(json.loads(message["Body"])["event_id"]))


def run(batch: list[Message]) -> list[str]:
    """Hands the mail function a batch; returns the ids of the messages that it failed."""
    answer = emails.emails(sqs_event(batch), Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def ids(batch: list[Message]) -> list[str]:
    return [str(message["MessageId"]) for message in batch]


def after(span: timedelta) -> Any:
    """So much later; the clock continues from there."""
    return time_machine.travel(wiring.now() + span, tick=True)


def delivery(case: Case, invitation_id: str) -> Any:
    """The delivery state on the invitation."""
    return case.world.ok("GET", f"{case.path}/invitations/{invitation_id}", case.olga)["delivery"]


def mails(case: Case, to: str = DAVE) -> int:
    return len(case.world.mails_to(to))


def test_a_duplicate_message_is_mailed_once(case: Case) -> None:
    """I7."""
    made = case.invite().json
    batch = messages(case)
    assert run(batch) == run(batch) == []
    assert mails(case) == 1
    assert delivery(case, made["id"])["state"] == "sent"
    assert violations(case.world, quiescent=True) == []


def test_every_message_of_a_whole_scenario_may_come_twice(case: Case) -> None:
    """I7, S9: invited, accepted, removed; everybody concerned is mailed once."""
    _, token = case.invited()
    case.accept(token)
    case.remove(case.world.id_of(case.dave), case.olga)
    case.world.pipeline.stream()
    while case.world.pipeline.queue(deliver_twice=True):
        pass
    assert duplicates(case.world.ses.sent) == 0
    assert mails(case) == 3
    assert violations(case.world, quiescent=True) == []


def test_unordered_messages_send_no_stale_mail(case: Case) -> None:
    """I7: the revocation arrives first, so the link never goes out, and there is nothing to revoke by mail."""
    case.revoke(case.invite().json["id"])
    batch = messages(case)
    assert run(batch[::-1]) == []
    assert mails(case) == 0
    assert violations(case.world, quiescent=True) == []


def test_an_acceptance_processed_before_its_invitation_sends_only_its_own_mails(case: Case) -> None:
    """I7."""
    _, token = case.invited()
    other = case.invite("erin@acme.example").json
    erin = case.world.person("erin@acme.example")
    accept = case.world.call("POST", "/v1/invitations/accept", erin, {"token": token})
    assert accept.code == "email_mismatch"
    case.accept(token)
    assert run(messages(case)[::-1]) == []
    assert mails(case) == 2
    assert mails(case, "erin@acme.example") == 1
    assert delivery(case, other["id"])["state"] == "sent"
    assert violations(case.world, quiescent=True) == []


def test_while_ses_throttles_nothing_is_lost_and_each_mail_goes_out_once(case: Case, queues: FaultyQueues) -> None:
    """I7: the message is retried, later each time, and its claim leaves no trace."""
    made = case.invite().json
    case.world.ses.refuse("TooManyRequestsException", times=3)
    batch = messages(case)
    for received in ("1", "2", "3"):
        batch[0]["Attributes"]["ApproximateReceiveCount"] = received
        assert run(batch) == ids(batch)
        assert delivery(case, made["id"])["state"] == "queued"
    assert queues.given_back == [10, 20, 40]
    assert mails(case) == 0
    assert run(batch) == []
    assert mails(case) == 1
    assert violations(case.world, quiescent=True) == []


def test_the_wait_before_a_retry_is_bounded(case: Case, queues: FaultyQueues) -> None:
    """I7: a quarter of an hour, however long the outage is."""
    case.invite()
    case.world.ses.refuse("TooManyRequestsException", times=3)
    batch = messages(case)
    for received in ("7", "8", "500"):
        batch[0]["Attributes"]["ApproximateReceiveCount"] = received
        run(batch)
    assert queues.given_back == [640, 900, 900]


def test_a_message_that_cannot_be_delayed_is_redelivered_and_delays_no_other(case: Case, queues: FaultyQueues) -> None:
    """I7: it comes when the queue shows it again by itself."""
    case.invite()
    case.invite("erin@acme.example")
    case.world.ses.refuse("TooManyRequestsException")
    queues.gives_back = False
    batch = messages(case)
    assert run(batch) == ids(batch)[:1]
    assert mails(case, "erin@acme.example") == 1


def test_a_permanently_refused_mail_is_recorded_and_not_retried(case: Case) -> None:
    """R25, I7: people who may invite see that it failed, and why."""
    made = case.invite().json
    case.world.ses.refuse_the_mail()
    batch = messages(case)
    assert run(batch) == run(batch) == []
    assert mails(case) == 0
    failed = delivery(case, made["id"])
    assert (failed["state"], failed["reason"]) == ("failed", "BadRequestException")
    assert violations(case.world, quiescent=True) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "MessageRejected",
            "Email address is not verified. The following identities failed the check: dave@acme.example",
        ),
        ("MessageRejected", "Sending suspended for this account. Please contact customer support"),
        ("MailFromDomainNotVerifiedException", "The MAIL FROM domain is not verified"),
        ("AccountSuspendedException", "Account suspended"),
        ("SendingPausedException", "Sending is paused for this configuration set"),
        ("LimitExceededException", "Daily message quota exceeded"),
        ("NotFoundException", "Configuration set feedback does not exist"),
        ("AccessDeniedException", "not authorized to perform ses:SendEmail"),
        ("ExpiredTokenException", "The security token included in the request is expired"),
    ],
)
def test_our_own_faults_are_never_blamed_on_the_recipient(
    case: Case, queues: FaultyQueues, capsys: pytest.CaptureFixture[str], code: str, message: str
) -> None:
    """R25, I7: however often the mail is retried; it is counted, and goes out once when the fault is fixed."""
    made = case.invite().json
    batch = messages(case)
    case.world.ses.refuse(code, message, times=30)
    for received in range(1, 31):
        batch[0]["Attributes"]["ApproximateReceiveCount"] = str(received)
        assert run(batch) == ids(batch)
        assert delivery(case, made["id"]) == {"state": "queued", "at": made["delivery"]["at"], "reason": None}
    assert len(queues.given_back) == 30
    told = capsys.readouterr().out
    assert told.count('"MailsRetried":[1.0]') == 30
    assert "MailsFailed" not in told
    assert run(batch) == run(batch) == []
    assert mails(case) == 1
    assert delivery(case, made["id"])["state"] == "sent"
    assert violations(case.world, quiescent=True) == []


def test_a_mail_that_is_refused_for_good_is_counted(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """R25: an alarm watches this metric, and another pending mail of the event hides nothing."""
    _, token = case.invited()
    case.accept(token)
    case.world.ses.refuse_the_mail()
    case.world.ses.refuse("TooManyRequestsException")
    batch = messages(case)
    assert run(batch) == ids(batch)
    assert '"MailsFailed":[1.0]' in capsys.readouterr().out


def test_one_refused_mail_does_not_stop_others_of_the_same_event(case: Case) -> None:
    """R35, I7: the newcomer's address is bad; the managers are mailed all the same."""
    _, token = case.invited()
    case.accept(token)
    before = mails(case, "olga@acme.example")
    case.world.ses.refuse_the_mail()
    assert run(messages(case)) == []
    assert (mails(case), mails(case, "olga@acme.example")) == (1, before + 1)


def test_one_waiting_mail_does_not_stop_others_of_the_same_event(case: Case) -> None:
    """R35, I7: and when the message is redelivered, only the waiting one is sent."""
    _, token = case.invited()
    case.accept(token)
    case.world.ses.refuse("TooManyRequestsException")
    batch = messages(case)
    assert run(batch) == ids(batch)
    sent = len(case.world.ses.sent)
    assert run(batch) == []
    assert len(case.world.ses.sent) == sent + 1
    assert violations(case.world, quiescent=True) == []


@pytest.mark.parametrize(("when", "mailed"), [("before", 1), ("after", 2)])
def test_after_an_unknown_outcome_one_more_attempt_is_made_after_the_lease(
    case: Case, capsys: pytest.CaptureFixture[str], when: str, mailed: int
) -> None:
    """I7: twice at worst, never not at all; and counted as a possible duplicate."""
    made = case.invite().json
    case.world.ses.failures.append((when, TIMEOUT))
    batch = messages(case)
    assert run(batch) == ids(batch)
    assert run(batch) == ids(batch), "within the lease nobody may send"
    assert delivery(case, made["id"])["state"] == "queued"
    with after(LEASE):
        assert run(batch) == []
        assert run(batch) == []
    assert mails(case) == mailed
    assert duplicates(case.world.ses.sent) == mailed - 1
    assert '"MailsPossibleDuplicates":[1.0]' in capsys.readouterr().out
    assert violations(case.world, quiescent=True) == []


def test_an_unreachable_ses_has_taken_nothing(case: Case) -> None:
    """I7: no lease to wait for."""
    case.invite()
    case.world.ses.failures.append(("before", EndpointConnectionError(endpoint_url="https://email")))
    batch = messages(case)
    assert run(batch) == ids(batch)
    assert run(batch) == []
    assert mails(case) == 1


def test_a_sent_mail_that_could_not_be_marked_waits_for_its_lease(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """I7: DynamoDB is busy after the mail went out, so this is the unavoidable duplicate."""
    case.invite()
    batch = messages(case)
    with ExitStack() as stumbling, monkeypatch.context() as patch:

        def stumble() -> None:
            stumbling.enter_context(on_the_wire("TransactWriteItems", refused("AccessDeniedException")))

        patch.setattr(case.world.ses, "just_before", stumble)
        assert run(batch) == ids(batch)
    assert mails(case) == 1
    with after(LEASE):
        assert run(batch) == []
    assert mails(case) == 2
    assert violations(case.world, quiescent=True) == []


Ending = Callable[[Case, str], object]
ENDINGS: dict[str, tuple[Ending, timedelta]] = {
    "revoked": (lambda case, invitation_id: case.revoke(invitation_id), timedelta()),
    "superseded": (
        lambda case, each: meanwhile("Invitations", {"account_id": case.account, "invitation_id": each}, generation=2),
        timedelta(),
    ),
    "overdue": (lambda _case, _id: None, timedelta(days=7)),
    "its inviter gone": (lambda case, _id: case.remove(case.carls_id, case.olga), timedelta()),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_an_ended_invitation_is_not_mailed(case: Case, name: str) -> None:
    """R14, R19, R20, R22: a backlog sends no dead links."""
    end, later = ENDINGS[name]
    made = case.invite().json
    batch = messages(case)
    end(case, made["id"])
    with after(later):
        assert run(batch) == []
        assert mails(case) == 0


def test_the_content_of_a_mail_is_read_when_it_is_sent(case: Case) -> None:
    """R35: the account was renamed meanwhile."""
    case.invite()
    batch = messages(case)
    case.change(name="Brightwater")
    assert run(batch) == []
    assert "Brightwater" in case.world.mails_to(DAVE)[0].text


def test_a_revocation_waits_while_the_link_is_on_its_way(case: Case) -> None:
    """R35, I7: the link may have gone out, so its recipient is told of the revocation after the lease."""
    made = case.invite().json
    case.world.ses.failures.append(("after", TIMEOUT))
    created = messages(case)
    assert run(created) == ids(created)
    case.revoke(made["id"])
    revoked = messages(case)
    assert run(created) == []
    assert run(revoked) == ids(revoked)
    assert mails(case) == 1
    with after(LEASE):
        assert run(created) == run(revoked) == []
        assert mails(case) == 2
        assert violations(case.world, quiescent=True) == []


def test_an_invitation_that_is_revoked_at_the_last_moment_is_not_mailed(case: Case) -> None:
    """R19, R35, I7: between reading the invitation and claiming its mail."""
    made = case.invite().json
    batch = messages(case)

    def rival() -> None:
        case.revoke(made["id"])
        assert run(messages(case)) == []

    with just_before(COMMIT, rival):
        assert run(batch) == []
    assert mails(case) == 0
    assert violations(case.world, quiescent=True) == []


def test_an_invitation_that_is_revoked_while_its_mail_is_sent_gets_a_second_mail(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R19, R35, I7: it is too late to stop the first."""
    made = case.invite().json
    batch = messages(case)
    revoked: list[Message] = []

    def rival() -> None:
        if not revoked:
            case.revoke(made["id"])
            revoked.extend(messages(case))
            assert run(revoked) == ids(revoked)

    monkeypatch.setattr(case.world.ses, "just_before", rival)
    assert run(batch) == []
    assert mails(case) == 1
    assert run(revoked) == []
    assert mails(case) == 2
    assert violations(case.world, quiescent=True) == []


def broken(message: Message, body: str) -> Message:
    return {**message, "MessageId": f"broken-{message['MessageId']}", "Body": body}


@pytest.mark.parametrize("body", ["", "{", "null", "[]", "{}", '{"stream": 1, "event_id": 2, "type": "x"}'])
def test_an_unreadable_message_does_not_fail_the_batch(case: Case, body: str) -> None:
    """I7: it fails alone, and ends in the dead-letter queue."""
    case.invite()
    case.invite("erin@acme.example")
    one, other = messages(case)
    assert run([one, broken(one, body), other]) == [f"broken-{one['MessageId']}"]
    assert (mails(case), mails(case, "erin@acme.example")) == (1, 1)


def test_exactly_the_unfinished_messages_are_returned(case: Case) -> None:
    """I7: one done, one waiting, one broken, one done before."""
    for name in ("dave", "erin", "fred"):
        case.invite(f"{name}@acme.example")
    first, second, third = messages(case)
    assert run([first]) == []
    case.world.ses.refuse("TooManyRequestsException")
    bad = broken(first, "{")
    assert run([first, second, bad, third]) == [second["MessageId"], bad["MessageId"]]
    assert [mails(case, f"{name}@acme.example") for name in ("dave", "erin", "fred")] == [1, 0, 1]


def test_an_event_that_cannot_be_read_yet_is_retried(case: Case) -> None:
    """I7: the queue may be faster than the table."""
    case.invite()
    (message,) = messages(case)
    early = {**message, "Body": json.dumps({**json.loads(message["Body"]), "event_id": "evt_not_there_yet"})}
    assert run([early]) == [message["MessageId"]]
    assert run([message]) == []


def test_an_account_that_cannot_be_read_yet_is_retried(case: Case) -> None:
    """I7."""
    case.invite()
    batch = messages(case)
    item = boto3.resource("dynamodb").Table("Accounts").get_item(Key={"key": case.account})["Item"]
    gone("Accounts", {"key": case.account})
    assert run(batch) == ids(batch)
    boto3.resource("dynamodb").Table("Accounts").put_item(Item=item)
    assert run(batch) == []


def test_a_busy_dynamodb_has_the_message_redelivered(case: Case) -> None:
    """I7: nothing was sent, nothing is marked."""
    case.invite()
    batch = messages(case)
    with on_the_wire("BatchGetItem", refused("ThrottlingException")):
        assert run(batch) == ids(batch)
    assert run(batch) == []
    assert mails(case) == 1


def test_the_log_contains_no_address_and_no_token(case: Case) -> None:
    """I6, S16: neither on success nor on failure."""
    with written() as output:
        _, token = case.invited()
        case.accept(token)
        case.invite("erin@acme.example")
        case.world.ses.refuse("TooManyRequestsException")
        batch = messages(case)
        run(batch)
        case.world.ses.refuse_the_mail()
        run(batch)
        run([broken(batch[0], '{"to": "erin@acme.example"')])
    lines = output.getvalue().splitlines()
    assert {"mails", "mails wait", "mails failed", "request", "relayed"} <= {
        str(json.loads(line).get("message")) for line in lines
    }
    forbidden = ("@", token.partition(".")[2], "Erin", "Dave", "Olga")
    assert not [word for word in forbidden if word in output.getvalue()]
    assert violations(case.world, texts=lines) == []
