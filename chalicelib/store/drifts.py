"""Drift: differences from Zuora that the nightly round found. Names of fields only; the values are personal."""

from datetime import datetime
from enum import StrEnum

from pynamodb.expressions.condition import Condition

from chalicelib.domain.errors import Changed
from chalicelib.frozen import frozen
from chalicelib.store import connection, reading
from chalicelib.store.tables import SyncItem
from chalicelib.store.transaction import commit, delete, put, refuse_with

_LISTED = "drift"


class DriftKind(StrEnum):
    """What is not as it should be."""

    CONTACT_DIFFERS = "contact_differs"
    CONTACT_MISSING = "contact_missing"
    PARTS_DIFFER = "parts_differ"
    ACCOUNT_DIFFERS = "account_differs"
    ACCOUNT_MISSING = "account_missing"


@frozen
class Drift:
    """One difference: of an account, or of one of its contacts; ``fields`` are the names of what differs."""

    kind: DriftKind
    account_id: str
    contact_id: str | None
    fields: tuple[str, ...]
    found_at: datetime

    @property
    def id(self) -> str:
        """The same for the same thing, so that a difference is listed once."""
        return f"drift#{self.account_id}#{self.contact_id or ''}#{self.kind}"


def listed(*, after: str | None, limit: int) -> list[Drift]:
    """All drift, in the order of accounts; the index may be a moment behind."""
    connection.client()
    condition = None if after is None else SyncItem.sync_key > after
    with connection.reaching():
        found = SyncItem.by_listed.query(_LISTED, condition, page_size=limit)
        return reading.each(found, _drift, limit=limit)


def of_account(account_id: str) -> list[Drift]:
    """What is listed of an account."""
    connection.client()
    with connection.reaching():
        found = SyncItem.by_listed.query(_LISTED, SyncItem.sync_key.startswith(f"drift#{account_id}#"))
        return reading.each(found, _drift)


def note(drift: Drift) -> None:
    """Lists a drift; one that is listed already is renewed."""
    new = SyncItem(
        drift.id,
        listed=_LISTED,
        kind=drift.kind,
        account_id=drift.account_id,
        contact_id=drift.contact_id,
        fields=" ".join(drift.fields) or None,
        found_at=drift.found_at,
    )
    anyway: Condition = SyncItem.sync_key.does_not_exist()
    anyway |= SyncItem.listed == _LISTED
    commit(put(new, condition=anyway, refusal=refuse_with(Changed())))


def clear(drift: Drift) -> None:
    """Takes a drift off the list; one that was renewed since stays."""
    unchanged: Condition = SyncItem.sync_key.does_not_exist()
    unchanged |= SyncItem.found_at == drift.found_at
    commit(delete(SyncItem(drift.id), condition=unchanged, refusal=refuse_with(Changed())))


def _drift(it: SyncItem) -> Drift:
    return Drift(DriftKind(it.kind), it.account_id, it.contact_id, tuple((it.fields or "").split()), it.found_at)
