"""From the history to the queues: every event, at least once, and nothing but ids (I7)."""

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError

from chalicelib import wiring
from chalicelib.functions import relay
from tests.events import schedule_event, stream_event
from tests.flows import faulty_queues
from tests.flows.faulty_queues import FaultyQueues
from tests.flows.two_manager_case import Case
from tests.gateway import Context
from tests.invariants import duplicates, rewritten_history, violations
from tests.world import World

Image = dict[str, Any]


@pytest.fixture
def queues(case: Case, monkeypatch: pytest.MonkeyPatch) -> FaultyQueues:
    return faulty_queues.install(monkeypatch)


def invited(case: Case, *names: str) -> list[Image]:
    """Invites these people; returns the history items of it, in their order."""
    for name in names:
        assert case.invite(f"{name}@acme.example").status == 201
    return case.world.pipeline.history()[-len(names) :]


def about(image: Image) -> str:
    return str(image["event_id"]["S"])


def waiting(world: World) -> list[str]:
    """The events that are still in the outbox."""
    return [about(image) for image in world.pipeline.history() if "outbox" in image]


def run(images: list[Image], *, name: str = "INSERT") -> list[str]:
    """Hands the relay a batch; returns the sequence numbers that it failed."""
    answer = relay.relay(stream_event(images, name=name), Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def sweep() -> None:
    relay.sweep(schedule_event(), Context())


def after(seconds: float) -> Any:
    """So much later; the clock continues from there."""
    return time_machine.travel(wiring.now() + timedelta(seconds=seconds), tick=True)


def test_an_event_reaches_its_queue_and_leaves_the_outbox(case: Case, queues: FaultyQueues) -> None:
    """I5, I7: the mark is all that changes on the history item."""
    before = case.world.everything()
    (image,) = invited(case, "dave")
    assert waiting(case.world) == [about(image)]
    assert run([image]) == []
    assert [json.loads(each)["event_id"] for each in queues.sent] == [about(image)]
    assert waiting(case.world) == []
    assert rewritten_history(before, case.world.everything()) == []


def test_a_message_carries_ids_and_nothing_else(case: Case, queues: FaultyQueues) -> None:
    """I6, S16: no address, no name, no token."""
    run(invited(case, "dave"))
    (message,) = map(json.loads, queues.sent)
    assert message.keys() == {"stream", "event_id", "type"}
    assert violations(case.world, texts=queues.sent) == []
    assert "@" not in queues.sent[0]


def test_an_event_without_a_queue_just_leaves_the_outbox(case: Case, queues: FaultyQueues) -> None:
    """I7."""
    case.demote_carl()
    image = {**case.world.pipeline.history()[-1], "type": {"S": "invitation_scrubbed"}}
    assert run([image]) == []
    assert queues.sent == []
    assert about(image) not in waiting(case.world)


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE"])
def test_changed_and_removed_items_are_no_events(case: Case, queues: FaultyQueues, name: str) -> None:
    """I7: the relay's own mark comes back as MODIFY, which must not loop."""
    images = invited(case, "dave")
    assert run(images, name=name) == []
    assert queues.sent == []
    assert waiting(case.world) == [about(image) for image in images]


def test_the_first_failure_ends_the_batch_and_the_rest_is_redelivered(case: Case, queues: FaultyQueues) -> None:
    """I7: partial answer; everything before it is done, everything after it waits."""
    first, second, third = images = invited(case, "dave", "erin", "fred")
    queues.refuses = lambda body: about(second) in body
    assert run(images) == [f"{2:021d}"]
    assert waiting(case.world) == [about(second), about(third)]
    queues.refuses = lambda _body: False
    assert run([second, third]) == []
    assert [json.loads(each)["event_id"] for each in queues.sent] == [about(each) for each in (first, second, third)]
    assert waiting(case.world) == []


def test_an_unreadable_record_does_not_affect_the_records_before_it(case: Case, queues: FaultyQueues) -> None:
    """I7, R40: an event of a newer version, or no event: skipped, the others continue, it waits."""
    first, second, third = invited(case, "dave", "erin", "fred")
    batch = stream_event([first, {**second, "type": {"S": "moon_landed"}}, second, third])
    del batch["Records"][2]["dynamodb"]["NewImage"]
    assert relay.relay(batch, Context()) == {"batchItemFailures": []}
    assert [json.loads(each)["event_id"] for each in queues.sent] == [about(first), about(third)]
    assert waiting(case.world) == [about(second)]


def test_an_event_of_an_unknown_type_stops_neither_the_sweep_nor_the_history(
    case: Case, queues: FaultyQueues, capsys: pytest.CaptureFixture[str]
) -> None:
    """R40: other accounts' events are swept, the account's history shows it as it is, and it is counted."""
    first, second = invited(case, "dave", "erin")
    boto3.resource("dynamodb").Table("History").update_item(
        Key={"stream": first["stream"]["S"], "event_id": about(first)},
        UpdateExpression="SET #type = :new",
        ExpressionAttributeNames={"#type": "type"},
        ExpressionAttributeValues={":new": "moon_landed"},
    )
    with after(62):
        sweep()
    assert [json.loads(each)["event_id"] for each in queues.sent] == [about(second)]
    assert waiting(case.world) == [about(first)]
    assert '"UnknownEvents":[1.0]' in capsys.readouterr().out
    account_id = first["account_id"]["S"]
    seen = case.world.ok("GET", f"/v1/support/billing-accounts/{account_id}/history", case.world.support())["data"]
    assert "moon_landed" in [each["type"] for each in seen]


def test_an_event_that_was_deleted_meanwhile_fails_alone(case: Case, queues: FaultyQueues) -> None:
    """I7: the mark creates no item."""
    (image,) = invited(case, "dave")
    strange = {**image, "event_id": {"S": "evt_none"}}
    assert run([strange]) == [f"{1:021d}"]
    assert "evt_none" not in [about(each) for each in case.world.pipeline.history()]


def test_the_sweep_relays_what_the_stream_has_lost(case: Case, queues: FaultyQueues) -> None:
    """I7: a minute later, oldest first."""
    images = invited(case, "dave", "erin")
    case.world.pipeline.lose_stream()
    with after(58):
        sweep()
        assert queues.sent == []
    with after(62):
        sweep()
        assert [json.loads(each)["event_id"] for each in queues.sent] == [about(image) for image in images]
        assert waiting(case.world) == []
        sweep()
    assert len(queues.sent) == 2
    case.world.pipeline.drain()
    assert violations(case.world, quiescent=True) == []


def test_one_event_that_cannot_be_sent_does_not_delay_others(case: Case, queues: FaultyQueues) -> None:
    """I7: and the sweep reports the failure, so that the alarm goes off."""
    first, second, third = invited(case, "dave", "erin", "fred")
    queues.refuses = lambda body: about(first) in body
    with after(62):
        with pytest.raises(ClientError):
            sweep()
        assert waiting(case.world) == [about(first)]
        queues.refuses = lambda _body: False
        sweep()
    sent = [json.loads(each)["event_id"] for each in queues.sent]
    assert sent == [about(second), about(third), about(first)]


def test_what_stream_and_sweep_both_relay_is_mailed_once(case: Case) -> None:
    """I7: the two do not know of each other."""
    images = invited(case, "dave")
    with after(62):
        sweep()
        assert run(images) == []
        assert run(images) == []
        case.world.pipeline.drain()
    assert len(case.world.mails_to("dave@acme.example")) == 1
    assert duplicates(case.world.ses.sent) == 0
    assert violations(case.world, quiescent=True) == []


def test_the_relay_reports_its_lag(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """The alarm on a stuck stream uses this metric."""
    images = invited(case, "dave")
    with after(5):
        run(images)
    (lag,) = [json.loads(line)["RelayLag"][0] for line in capsys.readouterr().out.splitlines() if '"RelayLag":' in line]
    assert 5000 <= lag < 15_000
