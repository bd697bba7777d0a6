"""The Steps of contacts, history and idempotency, and the hints about sign-ins."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine

from chalicelib.domain.contacts import Contact, SyncState
from chalicelib.domain.errors import Changed, DomainError, IdempotencyKeyReused
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream, new_event
from chalicelib.domain.people import Actor
from chalicelib.ids import event_ids
from chalicelib.store import contacts, history, idempotency, identities, reading
from chalicelib.store.idempotency import DoneBefore, IdempotentRequest
from tests.integration.store_fixtures import new_id, read, refusal
from tests.unit.builders import NOW, SECOND

pytestmark = pytest.mark.usefixtures("tables")

DAY = timedelta(hours=24)


def a_contact(account_id: str | None) -> Contact:
    return Contact(
        id=new_id("contact"),
        account_id=account_id,
        first_name="Carl",
        last_name="",
        work_email="Carl@Acme.example",
        address1="1 Street",
        address2="",
        city="Berlin",
        state="",
        postal_code="10115",
        country="Germany",
        sync_state=SyncState.SYNCED,
        sync_at=NOW,
        sync_error=None,
        version=1,
        synced_version=1,
    )


def test_a_contact_is_read_as_it_was_written() -> None:
    """R53: all attributes, empty ones too."""
    made = a_contact("acc_1")
    assert refusal(contacts.import_(made)) is None
    assert read(contacts.key(made.id)) == made


def test_a_contact_that_belongs_to_no_account_yet_is_taken_over_and_one_that_does_is_not() -> None:
    """R4, R53."""
    alone = a_contact(None)
    assert refusal(contacts.import_(alone)) is None
    taken = replace(alone, account_id="acc_1")
    assert refusal(contacts.import_(taken)) is None
    assert isinstance(refusal(contacts.import_(replace(alone, account_id="acc_2"))), Changed)
    assert read(contacts.key(alone.id)) == taken


def an_event(account_id: str, *, event_type: EventType = EventType.ROLE_CHANGED, minutes: int = 0) -> Event:
    at = NOW + timedelta(minutes=minutes)
    with time_machine.travel(at, tick=False):
        (event_id,) = event_ids(at, 1)
    return new_event(
        account_stream(account_id),
        event_id=event_id,
        event_type=event_type,
        at=at,
        actor=Actor("customer:cus_1"),
        subject="manager:cus_2",
        customer_id="cus_2",
        allow_last=True,
        assignment_version=1,
        error=None,
    )


def test_an_event_is_written_once_and_never_over_another() -> None:
    """I5."""
    event = an_event(new_id("acc"))
    assert refusal(history.record(event)) is None
    assert isinstance(refusal(history.record(replace(event, actor=Actor("nobody")))), Changed)
    assert read(history.key(event.stream, event.id)) == event


def test_a_history_is_read_newest_first_by_type_and_page() -> None:
    """R40."""
    account = new_id("acc")
    kinds = [EventType.ROLE_CHANGED, EventType.MANAGER_LEFT] * 3
    events = [an_event(account, event_type=kind, minutes=minute) for minute, kind in enumerate(kinds)]
    for event in events:
        assert refusal(history.record(event)) is None
    stream, newest = account_stream(account), events[::-1]
    assert history.of_stream(stream, types=frozenset(), limit=100) == newest
    assert history.of_stream(stream, types=frozenset(), limit=2) == newest[:2]
    assert history.of_stream(stream, types=frozenset(), limit=3, before=newest[1].id) == newest[2:5]
    left = [event for event in newest if event.type is EventType.MANAGER_LEFT]
    assert history.of_stream(stream, types=frozenset({EventType.MANAGER_LEFT}), limit=100) == left
    assert history.of_stream(stream, types=frozenset(EventType), limit=100) == newest


def test_the_outbox_holds_what_is_old_enough_and_not_relayed_oldest_first() -> None:
    """I7."""
    account = new_id("acc")
    early, middle, late = (an_event(account, minutes=minute) for minute in (-600, -590, -580))
    for event in (late, early, middle):
        assert refusal(history.record(event)) is None

    def waiting(minutes: int, limit: int = 100) -> list[Event]:
        found = reading.many(history.unrelayed(before=NOW + timedelta(minutes=minutes), limit=limit))
        return [event for event in found if event is not None and event.account_id == account]

    assert waiting(-570) == [early, middle, late]
    assert waiting(-585) == [early, middle]
    assert waiting(-570, limit=1) == [early]
    for _ in range(2):  # doing it twice is the same as once
        history.mark_relayed(early.stream, early.id, now=NOW)
    assert waiting(-570) == [middle, late]
    assert read(history.key(early.stream, early.id)) == early


def test_the_outbox_is_cut_at_the_exact_millisecond() -> None:
    """I7: an event made in exactly that millisecond is not older, whatever the random part of its id."""
    events = [an_event(new_id("acc"), minutes=minute) for minute in range(-560, -540)]
    for event in events:
        assert refusal(history.record(event)) is None

    def is_old_enough(event: Event, before: datetime) -> bool:
        return history.key(event.stream, event.id) in history.unrelayed(before=before, limit=1000)

    assert not [event for event in events if is_old_enough(event, event.at)]
    assert all(is_old_enough(event, event.at + timedelta(milliseconds=1)) for event in events)


REQUEST = IdempotentRequest(id="", fingerprint="body")


def remembered(request: IdempotentRequest, *, created: str = "inv_1", seconds: int = 0) -> DomainError | None:
    step = idempotency.remember(
        request, account_id="acc_1", created_id=created, now=NOW + timedelta(seconds=seconds), keep=DAY
    )
    return refusal(step)


@pytest.mark.parametrize("seconds", [0, 1, 86_399])
def test_the_loser_of_two_equal_requests_learns_what_the_other_created(seconds: int) -> None:
    """R26."""
    request = replace(REQUEST, id=new_id("request"))
    assert remembered(request) is None
    done = remembered(request, created="inv_2", seconds=seconds)
    assert isinstance(done, DoneBefore)
    assert (done.record.account_id, done.record.created_id) == ("acc_1", "inv_1")


def test_the_same_key_with_another_body_is_refused() -> None:
    """R26."""
    request = replace(REQUEST, id=new_id("request"))
    assert remembered(request) is None
    assert isinstance(remembered(replace(request, fingerprint="another")), IdempotencyKeyReused)
    assert read(idempotency.key(request)).fingerprint == "body"


def test_a_key_is_free_again_after_a_day_whether_the_table_has_swept_it_or_not() -> None:
    """R26: to the second."""
    request = replace(REQUEST, id=new_id("request"))
    assert remembered(request) is None
    assert remembered(replace(request, fingerprint="another"), created="inv_2", seconds=86_400) is None
    assert read(idempotency.key(request)).created_id == "inv_2"


def test_the_early_check_answers_like_the_lost_race() -> None:
    """R26."""
    request = replace(REQUEST, id=new_id("request"))
    assert remembered(request) is None
    record = read(idempotency.key(request))
    with pytest.raises(DoneBefore):
        idempotency.meet(record, request, now=NOW + DAY - SECOND)
    with pytest.raises(IdempotencyKeyReused):
        idempotency.meet(record, replace(request, fingerprint="another"), now=NOW)
    idempotency.meet(record, request, now=NOW + DAY)
    idempotency.meet(None, request, now=NOW)


def test_a_request_without_a_key_is_not_remembered() -> None:
    """R26."""
    assert idempotency.remember(None, account_id="acc_1", created_id="inv_1", now=NOW, keep=DAY) is None


def test_a_record_that_vanishes_during_the_refusal_counts_as_a_used_key() -> None:
    """R26: there is nothing left to replay."""
    step = idempotency.remember(REQUEST, account_id="acc_1", created_id="inv_1", now=NOW, keep=DAY)
    assert step is not None
    assert isinstance(step.refusal(None), IdempotencyKeyReused)


def test_hints_are_cached_dropped_and_bounded() -> None:
    """A warm function may serve any number of people."""
    identities.forget_all()
    for number in range(10_001):
        identities.remember(f"identity-{number}", f"cus_{number}")
    assert identities.remembered("identity-0") is None
    assert identities.remembered("identity-10000") == "cus_10000"
    identities.forget("identity-10000")
    identities.forget("identity-10000")
    assert identities.remembered("identity-10000") is None
    identities.forget_all()
    assert identities.remembered("identity-5000") is None


def test_nothing_is_read_where_nothing_is() -> None:
    assert reading.one(contacts.key("none")) is None
    assert reading.one(history.key("account#none", "evt_none")) is None
