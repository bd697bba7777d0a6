"""The breaker's item: every failure is counted, opening and closing are conditional."""

from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.breaker import CLOSED, OPENS_AT, Breaker
from chalicelib.domain.errors import Changed
from chalicelib.store import reading
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import Raw, SyncItem
from chalicelib.store.transaction import Step, commit, refuse_with, update

_KEY = "breaker"


def key() -> Key[Breaker]:
    """The key of the breaker."""
    return Key(SyncItem, _KEY, None, load)


def load(raw: Raw) -> Breaker:
    """The breaker of a raw item."""
    it = item(SyncItem, raw)
    return Breaker(int(it.failures or 0), it.opened_at, bool(it.receiving_stopped))


def current() -> Breaker:
    """The breaker as it is now, consistently."""
    return reading.one(key()) or CLOSED


def count_failure() -> None:
    """One more failure in a row."""
    commit(_change([SyncItem.failures.add(1)], condition=_any()))


def open_(*, now: datetime) -> None:
    """Opens it after enough failures; refuses with Changed if it is open, or something succeeded meanwhile."""
    enough = SyncItem.opened_at.does_not_exist() & (SyncItem.failures >= OPENS_AT)
    commit(_change([SyncItem.opened_at.set(now)], condition=enough))


def close() -> None:
    """Closes it, and counts from zero again."""
    commit(_change([SyncItem.opened_at.remove(), SyncItem.failures.set(0)], condition=_any()))


def note_receiving(*, stopped: bool) -> None:
    """Records that delivery is about to be paused, or has been resumed."""
    action: Action = SyncItem.receiving_stopped.set(True) if stopped else SyncItem.receiving_stopped.remove()
    commit(_change([action], condition=_any()))


def _any() -> Condition:
    """Whatever it says now: the first failure makes the item."""
    fits: Condition = SyncItem.sync_key.does_not_exist()
    fits |= SyncItem.sync_key == _KEY
    return fits


def _change(actions: list[Action], *, condition: Condition) -> Step:
    return update(SyncItem(_KEY), actions, condition=condition, refusal=refuse_with(Changed()))
