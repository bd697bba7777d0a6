"""Transfers: reads by id and by what is open, and the Steps that start and move them."""

from datetime import datetime

from pynamodb.expressions.condition import Condition

from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import Changed, DomainError, TransferOpen
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import Actor
from chalicelib.domain.transfers import Entry, State, Transfer
from chalicelib.store import connection, reading
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import Raw, TransferItem
from chalicelib.store.transaction import Step, delete, put, refuse_with

_OPEN = "open"


def key(transfer_id: str) -> Key[Transfer]:
    """The key of a transfer."""
    return Key(TransferItem, transfer_id, None, load)


def under_way(account_id: str) -> Key[str]:
    """The key of the one transfer that an account may be in; reads its id."""
    return Key(TransferItem, _lock(account_id), None, lambda raw: item(TransferItem, raw).transfer_id)


def load(raw: Raw) -> Transfer:
    """The transfer of a raw item."""
    it = item(TransferItem, raw)
    return Transfer(
        id=it.transfer_id,
        account_id=it.account_id,
        state=State(it.state),
        from_customer_id=it.from_customer_id,
        to_customer_id=it.to_customer_id,
        to_address=None if it.to_address is None else Address(it.to_address),
        role=Role(it.role),
        proof=it.proof or {},
        started_by=Actor(it.started_by),
        started_at=it.started_at,
        ticket_url=it.ticket_url,
        invitation_id=it.invitation_id,
        own_invitation=bool(it.own_invitation),
        done=it.done,
        error=it.error,
        ended_at=it.ended_at,
        version=int(it.version),
        started_by_identity=it.started_by_identity,
        new_manager=None if it.new_manager is None else Entry(it.new_manager),
    )


def open_ones() -> list[Key[Transfer]]:
    """The keys of the transfers that have not ended, the longest untouched first; the index may be a moment behind."""
    connection.client()
    with connection.reaching():
        return reading.each(TransferItem.by_open.query(_OPEN), lambda it: key(it.key))


def start(transfer: Transfer) -> list[Step]:
    """Writes a new transfer and keeps the account for it; TransferOpen while another is under way (R66)."""
    locked = TransferItem(_lock(transfer.account_id), transfer_id=transfer.id)
    absent: Condition = TransferItem.key.does_not_exist()
    return [
        put(locked, condition=absent, refusal=_open),
        put(_item(transfer, transfer.started_at), condition=absent, refusal=refuse_with(Changed())),
    ]


def advance(before: Transfer, after: Transfer, *, now: datetime) -> list[Step]:
    """Writes the next state of a transfer that is as it was read; at an end the account is free for another."""
    as_read: Condition = TransferItem.version == before.version
    steps = [put(_item(after, now), condition=as_read, refusal=refuse_with(Changed()))]
    if after.state.is_end:
        own: Condition = TransferItem.transfer_id == before.id
        steps.append(delete(TransferItem(_lock(before.account_id)), condition=own, refusal=refuse_with(Changed())))
    return steps


def _item(it: Transfer, touched_at: datetime) -> TransferItem:
    return TransferItem(
        it.id,
        transfer_id=it.id,
        account_id=it.account_id,
        state=it.state,
        from_customer_id=it.from_customer_id,
        to_customer_id=it.to_customer_id,
        to_address=it.to_address,
        invitation_id=it.invitation_id,
        own_invitation=it.own_invitation or None,
        new_manager=it.new_manager,
        role=it.role,
        proof=dict(it.proof),
        done=dict(it.done or {}),
        error=it.error,
        started_by=it.started_by,
        started_by_identity=it.started_by_identity,
        started_at=it.started_at,
        ended_at=it.ended_at,
        ticket_url=it.ticket_url,
        version=it.version,
        open=None if it.state.is_end else _OPEN,
        touched_at=None if it.state.is_end else touched_at,
    )


def _lock(account_id: str) -> str:
    return f"account#{account_id}"


def _open(raw: Raw | None) -> DomainError:
    return Changed() if raw is None else TransferOpen(transfer_id=item(TransferItem, raw).transfer_id)
