"""The claim on every mail: one run at a time, and nothing is forgotten (I7)."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib.store import deliveries, reading
from chalicelib.store.deliveries import LEASE, Delivery, State, Taken
from tests.integration.store_fixtures import early, new_id, read, refusal
from tests.unit.builders import NOW, SECOND

pytestmark = pytest.mark.usefixtures("tables")


def known(delivery_id: str) -> Delivery | None:
    return reading.one(deliveries.key(delivery_id))


def raw(delivery_id: str) -> dict[str, Any]:
    found = boto3.resource("dynamodb").Table("Deliveries").get_item(Key={"delivery_id": delivery_id})
    return dict(found["Item"])


def test_the_first_claim_holds_for_the_lease() -> None:
    """I7."""
    mail = new_id("mail")
    mine = deliveries.claim(mail, None, now=NOW)
    assert mine == Delivery(mail, State.CLAIMED, NOW + LEASE, 1)
    assert known(mail) == mine
    assert raw(mail)["ttl"] == int((NOW + timedelta(days=30)).timestamp())


def test_the_lease_is_longer_than_the_function_runs_and_shorter_than_the_queue_hides() -> None:
    """I7: after a crash the next run finds the lease expired, a slow run still has it."""
    assert timedelta(seconds=60) < LEASE < timedelta(seconds=360)


def test_of_two_runs_without_a_claim_one_gets_it() -> None:
    """I7: both have read, then both claim."""
    mail = new_id("mail")
    deliveries.claim(mail, None, now=NOW)
    assert isinstance(early(lambda: deliveries.claim(mail, None, now=NOW)), Taken)
    assert read(deliveries.key(mail)).attempts == 1


@pytest.mark.parametrize(
    ("after", "taken"),
    [(LEASE - SECOND, True), (LEASE, False), (LEASE + SECOND, False)],
    ids=["a second before the lease ends", "as it ends", "a second after"],
)
def test_a_claim_can_be_taken_over_after_its_lease(after: timedelta, *, taken: bool) -> None:
    """I7: its run has crashed."""
    mail = new_id("mail")
    first = deliveries.claim(mail, None, now=NOW)
    answer = early(lambda: deliveries.claim(mail, first, now=NOW + after))
    assert isinstance(answer, Taken) is taken
    assert read(deliveries.key(mail)).attempts == (1 if taken else 2)


def test_of_two_runs_after_a_lease_one_takes_over() -> None:
    """I7."""
    mail = new_id("mail")
    first = deliveries.claim(mail, None, now=NOW)
    second = deliveries.claim(mail, first, now=NOW + LEASE)
    assert isinstance(early(lambda: deliveries.claim(mail, first, now=NOW + LEASE)), Taken)
    assert known(mail) == second


@pytest.mark.parametrize("what", ["done", "release"])
def test_a_run_that_lost_its_claim_changes_nothing_any_more(what: str) -> None:
    """I7: fencing; the slow run finds that another one has taken over."""
    mail = new_id("mail")
    slow = deliveries.claim(mail, None, now=NOW)
    quick = deliveries.claim(mail, slow, now=NOW + LEASE)
    if what == "done":
        assert isinstance(refusal(deliveries.done(slow, State.SENT, message_id="m-1")), Taken)
    else:
        assert isinstance(early(lambda: deliveries.release(slow)), Taken)
    assert known(mail) == quick


@pytest.mark.parametrize(
    ("state", "more"), [(State.SENT, {"message_id": "m-1"}), (State.FAILED, {"reason": "MessageRejected"})]
)
def test_the_outcome_of_a_mail_is_marked_once(state: State, more: dict[str, str]) -> None:
    """I7, R25."""
    mail = new_id("mail")
    mine = deliveries.claim(mail, None, now=NOW)
    assert refusal(deliveries.done(mine, state, **more)) is None
    assert known(mail) == Delivery(mail, state, None, 1)
    assert more.items() <= raw(mail).items()
    assert isinstance(refusal(deliveries.done(mine, State.SENT)), Taken)
    assert isinstance(early(lambda: deliveries.claim(mail, mine, now=NOW + LEASE)), Taken)


def test_a_released_first_claim_leaves_no_trace() -> None:
    """I7: certainly nothing was sent, so the next attempt is a first one."""
    mail = new_id("mail")
    deliveries.release(deliveries.claim(mail, None, now=NOW))
    assert known(mail) is None
    assert deliveries.claim(mail, None, now=NOW).attempts == 1


def test_a_released_later_claim_still_records_the_earlier_attempt() -> None:
    """I7: the first run may have sent, so the next attempt may be a duplicate."""
    mail = new_id("mail")
    second = deliveries.claim(mail, deliveries.claim(mail, None, now=NOW), now=NOW + LEASE)
    deliveries.release(second)
    free = known(mail)
    assert free == Delivery(mail, State.CLAIMED, None, 2)
    assert deliveries.claim(mail, free, now=NOW + LEASE).attempts == 3
