"""Starts, shows and cancels a transfer of ownership; ``advance_transfer`` does the rest (R66)."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    AccountClosed,
    AccountNotFound,
    Changed,
    CustomerNotFound,
    Invalid,
    ManagerNotFound,
    TransferNotFound,
    TransferOpen,
    TransferOver,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Fact, account_stream, new_event
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.permissions import Permission
from chalicelib.domain.transfers import State, Transfer
from chalicelib.frozen import frozen
from chalicelib.operations.access import AtDesk, enter_as
from chalicelib.operations.contacts.choose_contact import can_be_contact
from chalicelib.operations.context import Context
from chalicelib.operations.managers.grant_membership import Grantee
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk, Reader
from chalicelib.operations.transfers.transfer_ends import ending
from chalicelib.store import accounts, customers, history, idempotency, invitations, memberships, reading, transfers
from chalicelib.store.idempotency import DoneBefore, IdempotentRequest
from chalicelib.store.reading import Key
from chalicelib.store.transaction import commit

if TYPE_CHECKING:  # a proof that is presented has loaded it
    from chalicelib.operations.verify_ownership import Proof


@frozen
class TransferRequest:
    """From whom to whom, in which role, on which proof."""

    from_customer_id: str
    to: Grantee
    role: Role
    proof: "Proof"


@frozen
class Started:
    """The transfer, and whether this repeats an earlier answer."""

    transfer: Transfer
    replayed: bool


@retry_on_change
def start(desk: Desk, account_id: str, asked: TransferRequest, *, context: Context) -> Started:
    """Writes the transfer down; the worker goes through its steps, the first at once.

    What can be refused beforehand is refused here: SupportOnly, AccountNotFound, OwnAccount, OwnRecord, OwnAddress,
    HouseAddress (of the new owner), ManagerNotFound (the old one), CustomerNotFound, Invalid (to oneself,
    or to an address that is too long for Zuora), AccountClosed, TransferOpen, PersonsMembershipLimitReached,
    VerificationInsufficient, ZuoraUnavailable, IdempotencyKeyReused.
    """
    now, request = context.now, context.request
    keys = _keys(account_id, asked, request)
    entered = enter_as(desk, account_id, Permission.VIEW_ACCOUNT, *keys, now=now)
    owner, under_way, found, *_ = entered.also
    try:
        if request is not None:
            idempotency.meet(entered.also[-1], request, now=now)
        if under_way is not None:
            raise TransferOpen(transfer_id=under_way)
        if owner is None:
            raise ManagerNotFound
        if entered.account.is_closed:
            raise AccountClosed
        person = _new_owner(found, asked, desk)
        can_be_contact({"work_email": person.address if person else asked.to.address or ""}, called="to")
        if person is not None:
            _can_take_it(person, account_id, asked, context)
        kept = asked.proof.verify(entered.account, desk, context)
        transfer = _new(desk, account_id, asked, person, proof=kept, now=now)
        _commit(transfer, context)
    except DoneBefore as done:
        return Started(_found(done.record.account_id, done.record.created_id), replayed=True)
    return Started(transfer, replayed=False)


def _keys(account_id: str, asked: TransferRequest, request: IdempotentRequest | None) -> list[Key[Any]]:
    keys: list[Key[Any]] = [memberships.key(account_id, asked.from_customer_id), transfers.under_way(account_id)]
    if asked.to.customer_id is not None:
        keys.append(customers.key(asked.to.customer_id))
    else:
        keys.append(customers.by_address(asked.to.address or Address("")))
    return keys if request is None else [*keys, idempotency.key(request)]


def _new_owner(found: Any, asked: TransferRequest, desk: Desk) -> Customer | None:
    """The new owner's record, None if they have none yet."""
    person: Customer | None = found
    if asked.to.address is not None:
        desk.may_give_to(asked.to.address)
        person = None if found is None else reading.one(customers.key(found))
        if found is not None and person is None:
            raise Changed
    elif found is None or found.erased_at is not None:
        raise CustomerNotFound
    if person is not None:
        desk.may_give_to(person.address)
        desk.keep_off_oneself(person)
    return person


def _can_take_it(person: Customer, account_id: str, asked: TransferRequest, context: Context) -> None:
    if person.id == asked.from_customer_id:
        raise Invalid("to", "is the person who has the account now")
    place: Membership | None = reading.one(memberships.key(account_id, person.id))
    if place is None:
        rules.can_be_given(person, context.limits.memberships_per_customer)


def _new(
    desk: Desk,
    account_id: str,
    asked: TransferRequest,
    person: Customer | None,
    *,
    proof: Mapping[str, Fact],
    now: datetime,
) -> Transfer:
    return Transfer(
        id=ids.transfer_id(now),
        account_id=account_id,
        state=State.STARTED,
        from_customer_id=asked.from_customer_id,
        to_customer_id=person.id if person else None,
        to_address=None if person else asked.to.address,
        role=asked.role,
        proof=proof,
        started_by=desk.actor,
        started_by_identity=desk.person.identity,
        started_at=now,
        ticket_url=desk.ticket_url,
        done={State.STARTED.value: now.isoformat()},
    )


def _commit(transfer: Transfer, context: Context) -> None:
    now = context.now
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        account_stream(transfer.account_id),
        event_id=event_id,
        event_type=EventType.TRANSFER_STARTED,
        at=now,
        actor=transfer.started_by,
        subject=f"transfer:{transfer.id}",
        from_customer_id=transfer.from_customer_id,
        customer_id=transfer.to_customer_id,
        role=transfer.role.value,
        **transfer.proof,
        **transfer.facts,
    )
    commit(
        context.remember(account_id=transfer.account_id, created_id=transfer.id),
        *transfers.start(transfer),
        history.record(event),
    )


def view(reader: Reader, account_id: str, transfer_id: str) -> Transfer:
    """A transfer as it is now. Refuses: SupportOnly, AccountNotFound, TransferNotFound."""
    reader.may_read()
    return _found(account_id, transfer_id)


@retry_on_change
def cancel(desk: Desk, account_id: str, transfer_id: str, *, now: datetime) -> Transfer:
    """Stops a transfer before its last step; what has happened stays, and a pending invitation is revoked.

    Refuses: SupportOnly, AccountNotFound, OwnAccount, TransferNotFound, TransferOver. One that was cancelled stays so.
    """
    entered = enter_as(desk, account_id, Permission.VIEW_ACCOUNT, transfers.key(transfer_id), now=now)
    transfer: Transfer | None = entered.also[0]
    if transfer is None or transfer.account_id != account_id or not isinstance(entered, AtDesk):
        raise TransferNotFound
    if transfer.state is State.CANCELLED:
        return transfer
    if transfer.state.is_end:
        raise TransferOver(state=transfer.state.value)
    after = transfer.moved(State.CANCELLED, now=now)
    pending = reading.one(invitations.key(account_id, transfer.invitation_id)) if transfer.invitation_id else None
    commit(*ending(entered.account, transfer, after, pending, actor=entered.actor, facts=entered.facts, now=now))
    return after


def _found(account_id: str, transfer_id: str) -> Transfer:
    found, account = reading.batch(transfers.key(transfer_id), accounts.key(account_id))
    if account is None:
        raise AccountNotFound
    if found is None or found.account_id != account_id:
        raise TransferNotFound
    return found
