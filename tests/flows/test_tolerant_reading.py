"""R40, I8: items of a newer version, and unreadable ones, affect nothing but themselves."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from chalicelib import wiring
from chalicelib.functions import emails, schedules, search, transfers, zuora
from chalicelib.operations.history import relay_events
from tests.events import schedule_event
from tests.flows import faulty_queues
from tests.flows.test_relay import about, after, sweep
from tests.flows.two_manager_case import Case
from tests.gateway import Context

UNHEARD = "from_the_future"


def put(table: str, key: dict[str, str], **attributes: Any) -> None:
    """Sets attributes as a newer version might have; None removes one."""
    for name, value in attributes.items():
        change: dict[str, Any] = {"UpdateExpression": "REMOVE #name"}
        if value is not None:
            change = {"UpdateExpression": "SET #name = :value", "ExpressionAttributeValues": {":value": value}}
        boto3.resource("dynamodb").Table(table).update_item(Key=key, ExpressionAttributeNames={"#name": name}, **change)


def of_history(case: Case, **attributes: Any) -> str:
    image = case.world.pipeline.history()[-1]
    put("History", {"stream": image["stream"]["S"], "event_id": about(image)}, **attributes)
    return about(image)


Break = Callable[[Case], object]


def invitation(**attributes: Any) -> Break:
    def broken(case: Case) -> None:
        first = case.invite("erin@acme.example").json["id"]
        assert case.invite("fred@acme.example").status == 201
        put("Invitations", {"account_id": case.account, "invitation_id": first}, **attributes)

    return broken


def membership(**attributes: Any) -> Break:
    return lambda case: put("Memberships", {"owner": case.account, "member": case.carls_id}, **attributes)


def customer(**attributes: Any) -> Break:
    return lambda case: put("Customers", {"key": case.carls_id}, **attributes)


def account(**attributes: Any) -> Break:
    return lambda case: put("Accounts", {"key": case.account}, **attributes)


BROKEN: dict[str, Break] = {
    "an event of an unknown type": lambda case: of_history(case, type=UNHEARD),
    "an event whose facts are no JSON": lambda case: of_history(case, data="{"),
    "an event without a time": lambda case: of_history(case, at=None),
    "an invitation to an unknown role": invitation(role=UNHEARD),
    "an invitation in an unknown state": invitation(status=UNHEARD),
    "an invitation of an unknown kind": invitation(kind=UNHEARD),
    "an invitation whose mail is in an unknown state": invitation(delivery_state=UNHEARD),
    "an invitation with a broken time": invitation(created_at="yesterday"),
    "a membership in an unknown role": membership(role=UNHEARD),
    "a membership of unknown origin": membership(origin_kind=UNHEARD),
    "a customer with a broken time": customer(created_at="yesterday"),
    "a customer whose mail is in an unknown state": customer(mail_state=UNHEARD, mail_id="evt_1#x", mail_at=None),
    "an account of an unknown status": account(status=UNHEARD),
    "an account under an unknown policy": account(managed_by=UNHEARD),
    "an account of an unknown channel": account(channel=UNHEARD),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_lists_show_what_can_be_read(case: Case, what: str) -> None:
    """R40, I8: for managers and for support, never a 500, and the other items are there."""
    BROKEN[what](case)
    desk, own = f"/v1/support/billing-accounts/{case.account}", case.path
    for path in ("", "/managers", "/invitations", "/history"):
        answer = case.world.call("GET", desk + path, case.world.support())
        assert answer.status == 200, f"{path}: {answer.text}"
        answer = case.world.call("GET", own + path, case.olga)
        assert answer.status == 200 or answer.code == "forbidden", f"{path}: {answer.text}"
    assert case.world.call("GET", "/v1/billing-accounts", case.olga).status == 200
    assert case.world.call("GET", "/v1/me/invitations", case.dave).status == 200


def test_unknown_rights_are_read_as_the_least_ones(case: Case) -> None:
    """R6: an unknown role only reads; an unknown account status takes nobody; an unknown policy is the stricter one."""
    membership(role=UNHEARD)(case)
    assert case.invite("erin@acme.example").code == "forbidden"
    account(status=UNHEARD)(case)
    assert case.invite("erin@acme.example", who=case.olga).code == "account_closed"


def test_a_page_is_full_although_one_item_is_unreadable(case: Case) -> None:
    """R40: nobody takes it for the end of the list."""
    invitation(kind=UNHEARD)(case)
    assert case.invite("gina@acme.example").status == 201
    page = case.world.ok("GET", f"{case.path}/invitations?limit=1", case.olga)
    assert [each["email"] for each in page["data"]] == ["gina@acme.example"]
    page = case.world.ok("GET", f"{case.path}/invitations?limit=1&cursor={page['next_cursor']}", case.olga)
    assert [each["email"] for each in page["data"]] == ["fred@acme.example"]


def test_an_unreadable_item_is_busy_and_no_internal_error(case: Case) -> None:
    """I8: an invitation to an unknown role makes nobody a manager."""
    _, token = case.invited()
    image = case.world.items("Invitations")
    (mine,) = (it["invitation_id"]["S"] for it in image if it.get("status", {}).get("S") == "pending")
    put("Invitations", {"account_id": case.account, "invitation_id": mine}, role=UNHEARD)
    answer = case.accept(token)
    assert (answer.status, answer.code) == (503, "busy")


def test_the_sweep_finishes_however_many_unknown_events_there_are(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """I7, R40: more of them than it reads at once."""
    queues = faulty_queues.install(monkeypatch)
    monkeypatch.setattr(relay_events, "_A_SWEEP", 2)
    monkeypatch.setattr(relay_events, "_A_ROUND", 1)
    for name in ("erin", "fred", "gina"):
        assert case.invite(f"{name}@acme.example").status == 201
        of_history(case, **({"data": "{"} if name == "fred" else {"type": UNHEARD}))
    assert case.invite("hugo@acme.example").status == 201
    with after(62):
        sweep()
    assert [json.loads(each)["event_id"] for each in queues.sent] == [about(case.world.pipeline.history()[-1])]
    assert "UnknownEvents" in capsys.readouterr().out


def test_an_unreadable_invitation_does_not_stop_the_schedule(case: Case) -> None:
    """R20: others expire, and the run finishes."""
    invitation(status=UNHEARD)(case)
    with after(8 * 86400):
        done = schedules.invitation_schedule({**schedule_event(), "time": wiring.now().isoformat()}, Context())
    assert (done["expired"], done["left"]) == (1, 1)


CONSUMERS = {
    "emails": emails.emails,
    "search": search.index_search,
    "transfers": transfers.advance_transfers,
    "zuora": zuora.zuora,
}
BODIES = ["", "{", "[]", "null", '"text"', "{}", '{"stream": 1, "event_id": 2}']


def record(number: int, body: str) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "1"}
    return {"messageId": f"m{number}", "receiptHandle": f"r{number}", "body": body, "attributes": attributes}


def told(case: Case, event_type: str | None) -> str:
    """The message of the newest event, which is of a type that nobody knows if one is given."""
    assert case.invite("erin@acme.example").status == 201
    event_id = of_history(case, **({"type": event_type} if event_type else {}))
    stream = case.world.pipeline.history()[-1]["stream"]["S"]
    return json.dumps({"stream": stream, "event_id": event_id, "type": event_type or "invitation_created"})


@pytest.mark.parametrize("name", ["emails", "search", "transfers"])
def test_an_unreadable_message_delays_no_other(case: Case, name: str) -> None:
    """I7: it is redelivered and ends as a dead letter; the rest of its batch is done."""
    good = told(case, None)
    records = [record(number, body) for number, body in enumerate([*BODIES, good])]
    answer = CONSUMERS[name]({"Records": records}, Context())
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [f"m{n}" for n in range(len(BODIES))]


@pytest.mark.parametrize("name", CONSUMERS)
def test_every_consumer_skips_an_event_of_an_unknown_type(case: Case, name: str) -> None:
    """R35, R40: nobody is mailed about it, and the message does not come again."""
    sent = len(case.world.ses.sent)
    answer = CONSUMERS[name]({"Records": [record(1, told(case, UNHEARD))]}, Context())
    assert answer["batchItemFailures"] == []
    assert len(case.world.ses.sent) == sent
