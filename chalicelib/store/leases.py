"""Leases: one worker at a time on an account, and a fence that keeps out one that took too long."""

from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.domain.errors import Changed
from chalicelib.frozen import frozen
from chalicelib.store import reading
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import Raw, SyncItem
from chalicelib.store.transaction import Step, commit, condition_check, put, refuse_with, update

FOR = timedelta(seconds=90)  # longer than the worker may run, shorter than its queue hides a message


class LeaseTaken(Changed):
    """Somebody else works on it."""


class LeaseLost(Changed):
    """Somebody else has taken over since: whatever this worker knows is old."""


@frozen
class Lease:
    """The right to work on something until then; ``fence`` grows with every taking."""

    on: str
    fence: int
    until: datetime


def key(on: str) -> Key[Lease]:
    """The key of the lease on an account or contact."""
    return Key(SyncItem, _key(on), None, load)


def load(raw: Raw) -> Lease:
    """The lease of a raw item."""
    it = item(SyncItem, raw)
    return Lease(it.sync_key.removeprefix("lease#"), int(it.fence), it.until)


def take(on: str, *, now: datetime) -> Lease:
    """Takes the lease; refuses with Held while somebody else has it."""
    before = reading.one(key(on))
    if before is not None and before.until > now:
        raise LeaseTaken
    mine = Lease(on, before.fence + 1 if before else 1, now + FOR)
    free: Condition = SyncItem.sync_key.does_not_exist()
    if before is not None:
        free = SyncItem.fence == before.fence
    commit(
        put(SyncItem(_key(on), fence=mine.fence, until=mine.until), condition=free, refusal=refuse_with(LeaseTaken()))
    )
    return mine


def still_held(lease: Lease) -> Step:
    """Holds a write to nobody having taken over; refuses with LeaseLost."""
    return condition_check(
        SyncItem(_key(lease.on)), condition=SyncItem.fence == lease.fence, refusal=refuse_with(LeaseLost())
    )


def release(lease: Lease, *, now: datetime) -> None:
    """Lets the next one in; refuses with LeaseLost when that has happened already."""
    mine = SyncItem.fence == lease.fence
    here = SyncItem(_key(lease.on))
    commit(update(here, [SyncItem.until.set(now)], condition=mine, refusal=refuse_with(LeaseLost())))


def _key(on: str) -> str:
    return f"lease#{on}"
