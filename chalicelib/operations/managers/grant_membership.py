"""Makes somebody a manager by the support desk, on one accepted proof of ownership (R62)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import AccountFull, AlreadyInvited, AlreadyManager, Changed, CustomerNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, account_stream, new_event
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Membership, Origin, OriginKind, Role
from chalicelib.domain.people import Actor
from chalicelib.domain.permissions import Permission
from chalicelib.frozen import frozen
from chalicelib.operations.access import Inside, enter_as
from chalicelib.operations.context import Context
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.operations.invitations.expire_invitation import retry_after_expiry, still_pending
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import (
    accounts,
    address_locks,
    customers,
    history,
    idempotency,
    memberships,
    reading,
    seats,
)
from chalicelib.store.idempotency import DoneBefore, IdempotentRequest
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit

if TYPE_CHECKING:  # a proof that is presented has loaded it
    from chalicelib.operations.verify_ownership import Proof


@frozen
class Grantee:
    """Who is meant: a customer by id, or whoever has an address, as yet maybe nobody."""

    customer_id: str | None
    address: Address | None


@frozen
class GrantRequest:
    """What the desk asks for."""

    whom: Grantee
    role: Role
    proof: "Proof"


@frozen
class GrantResult:
    """The membership, its manager and account. ``replayed`` repeats an earlier answer."""

    membership: Membership
    customer: Customer
    account: Account
    is_new: bool
    replayed: bool


@frozen
class PendingGrant:
    """Somebody who is about to become a manager; ``other_invitation`` is their pending one, which ends with it."""

    account: Account
    customer: Customer
    is_new: bool
    role: Role
    other_invitation: Invitation | None


@retry_after_expiry
def grant(desk: Desk, account_id: str, asked: GrantRequest, *, context: Context) -> GrantResult:
    """Adds the person, in one transaction; a pending invitation to their address ends with it.

    A person without a customer record gets one. A login that is off stays off: the answer says so.
    Refuses: SupportOnly, AccountNotFound, OwnAccount, OwnRecord, OwnAddress, HouseAddress, CustomerNotFound,
    AlreadyManager, AccountClosed, AccountFull, PersonsMembershipLimitReached, VerificationInsufficient,
    ZuoraUnavailable, IdempotencyKeyReused.
    """
    try:
        return _try(desk, account_id, asked, None, context=context)
    except AlreadyInvited as refusal:
        own = still_pending(refusal.account_id, refusal.invitation_id, now=context.now)
    except AccountFull as refusal:
        own = _own_invitation(refusal.account_id, asked.whom, context.now)
        if own is None:
            raise
    return _try(desk, account_id, asked, own, context=context.later())


def _own_invitation(account_id: str, whom: Grantee, now: datetime) -> Invitation | None:
    """The person's own pending invitation, whose seat is theirs (R7)."""
    address = whom.address
    if whom.customer_id is not None:
        customer = reading.one(customers.key(whom.customer_id))
        address = customer.address if customer is not None else None
    held = reading.one(address_locks.key(account_id, address)) if address is not None else None
    if held is None or held.invitation_id is None:
        return None
    return still_pending(account_id, held.invitation_id, now=now)


@retry_on_change
def _try(
    desk: Desk, account_id: str, asked: GrantRequest, other_invitation: Invitation | None, *, context: Context
) -> GrantResult:
    request, now = context.request, context.now
    keys = _keys(account_id, asked.whom, request)
    entered = enter_as(desk, account_id, Permission.INVITE_MANAGERS, *keys, now=now)
    try:
        if request is not None:
            idempotency.meet(entered.also[-1], request, now=now)
        customer, is_new = _customer(entered, asked.whom, now)
        desk.may_give_to(customer.address)
        desk.keep_off_oneself(customer)
        rules.seat_for_manager(entered.account, also_freed=0 if other_invitation is None else 1)
        kept = asked.proof.verify(entered.account, desk, context)
        granting = PendingGrant(entered.account, customer, is_new, asked.role, other_invitation)
        return _commit(granting, entered, kept, context)
    except DoneBefore as done:
        return _replay(done)


def _keys(account_id: str, whom: Grantee, request: IdempotentRequest | None) -> list[Key[Any]]:
    keys: list[Key[Any]] = []
    if whom.customer_id is not None:
        keys += [customers.key(whom.customer_id), memberships.key(account_id, whom.customer_id)]
    elif whom.address is not None:
        keys += [customers.by_address(whom.address), address_locks.key(account_id, whom.address)]
    return keys if request is None else [*keys, idempotency.key(request)]


def _customer(entered: Inside, whom: Grantee, now: datetime) -> tuple[Customer, bool]:
    """The person, and whether they have no record yet. A manager is refused here; so is an address that is held."""
    found, standing, *_ = entered.also
    if whom.address is None:
        if found is None or found.erased_at is not None:
            raise CustomerNotFound
        if standing is not None:
            raise AlreadyManager
        customer: Customer = found
        return customer, False
    if standing is not None and standing.customer_id is not None:
        raise AlreadyManager
    if found is None:
        return newcomer(whom.address, now=now), True
    known = reading.one(customers.key(found))
    if known is None:
        raise Changed
    return known, False


def newcomer(address: Address, *, now: datetime, first_name: str = "", last_name: str = "") -> Customer:
    """A customer for somebody who has none; bound to a sign-in at the first one with that address (R2)."""
    return Customer(
        id=ids.customer_id(now),
        address=address,
        first_name=first_name,
        last_name=last_name,
        identity=None,
        login_activated=True,
        membership_count=0,
        created_at=now,
    )


def grant_steps(
    granting: PendingGrant,
    *,
    actor: Actor,
    proof: Mapping[str, Fact],
    cause: Mapping[str, Fact],
    limits: Limits,
    event_ids: tuple[str, str],
    borrowed: int = 0,
    now: datetime,
) -> list[Step | None]:
    """The Steps that make somebody a manager, with their events. ``borrowed`` seats are added to the account's bound.

    ``proof`` are extra facts of the event of the grant, ``cause`` (a ticket) of all of them.
    """
    account, customer, other_invitation = granting.account, granting.customer, granting.other_invitation
    membership = _membership(granting, event_ids[0], actor, now)
    if granting.is_new:
        counted = customers.create(replace(customer, membership_count=1))
    else:
        counted = [customers.join_by_grant(customer, limits.memberships_per_customer)]
    freed = 0 if other_invitation is None else 1
    return [
        *memberships.add(membership, taken=AlreadyManager()),
        seats.add_manager(account, membership.counts_as, also_freed=freed, borrowed=borrowed),
        *counted,
        address_locks.lock_for_manager(
            account.id,
            customer.address,
            customer.id,
            instead_of=None if other_invitation is None else other_invitation.id,
        ),
        history.record(_event(granting, event_ids[0], actor, now, {**proof, **cause})),
        *_end_other_invitation(other_invitation, event_ids[1], actor, now, cause),
    ]


def _commit(granting: PendingGrant, entered: Inside, proof: Mapping[str, Fact], context: Context) -> GrantResult:
    event_id, other_id = ids.event_ids(context.now, 2)
    now = max(context.now, ids.moment_of(event_id))  # a replay knows the membership by the event
    account, actor = granting.account, entered.actor
    commit(
        context.remember(account_id=account.id, created_id=event_id),
        *grant_steps(
            granting,
            actor=actor,
            proof=proof,
            cause=entered.facts,
            limits=context.limits,
            event_ids=(event_id, other_id),
            now=now,
        ),
    )
    membership = _membership(granting, event_id, actor, now)
    return GrantResult(membership, granting.customer, account, granting.is_new, replayed=False)


def _membership(granting: PendingGrant, event_id: str, actor: Actor, now: datetime) -> Membership:
    return Membership(
        account_id=granting.account.id,
        customer_id=granting.customer.id,
        role=granting.role,
        origin=Origin(OriginKind.GRANT, event_id),
        added_by=actor,
        created_at=now,
        login_off=not granting.customer.login_activated,
    )


def _event(granting: PendingGrant, event_id: str, actor: Actor, now: datetime, facts: Mapping[str, Fact]) -> Event:
    return new_event(
        account_stream(granting.account.id),
        event_id=event_id,
        event_type=EventType.MEMBERSHIP_GRANTED,
        at=now,
        actor=actor,
        subject=f"manager:{granting.customer.id}",
        customer_id=granting.customer.id,
        role=granting.role.value,
        new_customer=granting.is_new,
        **facts,
    )


def _end_other_invitation(
    other_invitation: Invitation | None, event_id: str, actor: Actor, now: datetime, cause: Mapping[str, Fact]
) -> list[Step | None]:
    if other_invitation is None:
        return []
    return revoke_steps(
        other_invitation,
        event_id=event_id,
        actor=actor,
        now=now,
        elsewhere=Hold.SEAT | Hold.ADDRESS,
        because="invitee_joined",
        **cause,
    )


def _replay(done: DoneBefore) -> GrantResult:
    """The first answer, made again from the event; the people and the account as they are now."""
    from_event = reading.one(history.key(account_stream(done.record.account_id), done.record.created_id))
    if from_event is None:
        raise Changed
    customer_id = str(from_event.data["customer_id"])
    customer, account = reading.batch(customers.key(customer_id), accounts.key(done.record.account_id))
    if customer is None or account is None:
        raise Changed
    is_new = bool(from_event.data["new_customer"])
    granting = PendingGrant(account, customer, is_new, Role(str(from_event.data["role"])), None)
    membership = _membership(granting, from_event.id, from_event.actor, from_event.at)
    return GrantResult(membership, customer, account, is_new, replayed=True)
