"""The progress of the nightly round over all accounts."""

from datetime import datetime

from pynamodb.expressions.condition import Condition

from chalicelib.domain.errors import Changed
from chalicelib.frozen import frozen
from chalicelib.store import reading
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import Raw, SyncItem
from chalicelib.store.transaction import commit, put, refuse_with

_KEY = "reconciliation"


@frozen
class Round:
    """A round: the accounts of ``shard`` up to and including ``after`` are done, and all shards before."""

    started_at: datetime
    finished_at: datetime | None
    shard: int
    after: str | None
    checked: int
    drifted: int


def key() -> Key[Round]:
    """The key of the round."""
    return Key(SyncItem, _KEY, None, load)


def load(raw: Raw) -> Round:
    """The round of a raw item."""
    it = item(SyncItem, raw)
    return Round(it.started_at, it.finished_at, int(it.shard), it.after, int(it.checked), int(it.drifted))


def current() -> Round | None:
    """The round as it is now; None before the first."""
    return reading.one(key())


def save(now: Round, before: Round | None) -> None:
    """Writes how far it is; refuses with Changed when another run has gone on meanwhile."""
    as_read: Condition = SyncItem.sync_key.does_not_exist()
    if before is not None:
        as_read = (SyncItem.started_at == before.started_at) & (SyncItem.checked == before.checked)
        as_read &= SyncItem.shard == before.shard
    new = SyncItem(
        _KEY,
        started_at=now.started_at,
        finished_at=now.finished_at,
        shard=now.shard,
        after=now.after,
        checked=now.checked,
        drifted=now.drifted,
    )
    commit(put(new, condition=as_read, refusal=refuse_with(Changed())))
