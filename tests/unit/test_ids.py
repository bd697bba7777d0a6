"""Ids: ordered by time, unique, and not to be guessed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import ids
from tests.unit.builders import NOW

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MAKERS = {"acc": ids.account_id, "cus": ids.customer_id, "inv": ids.invitation_id}
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
MILLISECONDS = st.integers(0, 10**12)


@pytest.mark.parametrize("prefix", MAKERS)
def test_ids_of_one_instant_are_unique(prefix: str) -> None:
    made = [MAKERS[prefix](NOW) for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(re.fullmatch(rf"{prefix}_[{ALPHABET}]{{26,}}", each) for each in made)


@pytest.mark.parametrize("prefix", MAKERS)
@given(early=MILLISECONDS, later=st.integers(1, 10**9))
def test_a_later_id_sorts_after_an_earlier_one(prefix: str, early: int, later: int) -> None:
    """Lists read in the order of their keys are in the order of time."""
    first = NOW + timedelta(milliseconds=early)
    second = first + timedelta(milliseconds=later)
    assert MAKERS[prefix](first) < MAKERS[prefix](second)


def test_an_invitation_id_has_more_than_128_random_bits() -> None:
    """S7, S20: every character behind the time is one of 32, evenly; 26 of them are 130 bits."""
    made = [ids.invitation_id(NOW).removeprefix("inv_") for _ in range(4000)]
    times, random = {each[:10] for each in made}, [each[10:] for each in made]
    assert len(times) == 1
    assert {len(each) for each in random} == {26}
    for place in range(26):
        seen = [each[place] for each in random]
        assert set(seen) == set(ALPHABET)
        assert max(seen.count(character) for character in ALPHABET) < 4000 / 32 * 2


def test_an_invitation_id_does_not_tell_the_next_one() -> None:
    """S7: two ids of one instant have nothing in common behind the time."""
    one, other = (ids.invitation_id(NOW)[14:] for _ in range(2))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 10
    assert one[:10] != other[:10] != ids.event_ids(NOW, 1)[0][14:24]


@given(count=st.integers(1, 60))
def test_the_events_of_one_transaction_are_in_their_order(count: int) -> None:
    """R40."""
    made = ids.event_ids(NOW, count)
    assert made == sorted(made)
    assert len(set(made)) == count
    assert all(re.fullmatch(rf"evt_[{ALPHABET}]{{26}}", each) for each in made)


def test_transactions_of_one_instant_share_no_event_id() -> None:
    """I5, I7, R40: a mail is known by its event; events of one millisecond stand in their order."""
    with time_machine.travel(NOW, tick=False):
        made = [each for _ in range(100) for each in ids.event_ids(NOW, 3)]
    assert len(set(made)) == 300
    assert made == sorted(made)


def test_events_of_a_later_moment_come_later() -> None:
    """R40."""
    assert ids.event_ids(SOON, 50)[-1] < ids.event_ids(SOON + timedelta(milliseconds=1), 1)[0]


def test_an_event_carries_the_moment_at_which_it_is_made_and_not_that_of_its_request() -> None:
    """R40: whoever began earlier and came later is later."""
    moment = NOW.replace(microsecond=999_999)
    with time_machine.travel(moment, tick=False):
        (slow,) = ids.event_ids(NOW - timedelta(seconds=20), 1)
    assert ids.moment_of(slow) == NOW.replace(microsecond=999_000)


def test_a_run_that_is_meant_for_a_moment_to_come_is_at_that_moment() -> None:
    """R20: the schedules' clock is the time of their event."""
    (event_id,) = ids.event_ids(SOON, 1)
    assert ids.moment_of(event_id) == SOON
