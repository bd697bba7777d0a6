"""Accepts an invitation: the person becomes a manager, and a customer if they were none."""

from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    AlreadyInvited,
    AlreadyManager,
    Changed,
    DomainError,
    EmailMismatch,
    EmailNotVerified,
    InvitationNotFound,
    InvitationRevoked,
    InvitationUsed,
    MadeBySupport,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream, new_event
from chalicelib.domain.invitations import AcceptError, Invitation
from chalicelib.domain.memberships import Membership, Origin, OriginKind
from chalicelib.domain.people import SignedIn, customer_actor
from chalicelib.frozen import frozen
from chalicelib.operations import sign_in
from chalicelib.operations.context import Context
from chalicelib.operations.invitations import release_invitation
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.operations.invitations.expire_invitation import retry_after_expiry, still_pending
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import SupportGroups
from chalicelib.store import (
    accounts,
    address_locks,
    customers,
    history,
    identities,
    invitation_life,
    invitations,
    memberships,
    seats,
)
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit


@frozen
class InvitationRef:
    """The invitation, and the generation of the link; None where no link is involved (the inbox)."""

    account_id: str
    invitation_id: str
    generation: int | None


@frozen
class AcceptResult:
    """The membership, the account's name, and whether this person had accepted before (R16)."""

    membership: Membership
    account_name: str
    repeated: bool


@frozen
class _Acceptance:
    """Who joins by what: the customer (maybe a new one), the Steps that write them, the invitation, the account.

    ``other_invitation`` is a pending invitation to the same person's own address that ends with it.
    """

    customer: Customer
    customer_steps: list[Step]
    invitation: Invitation
    account: Account
    is_new: bool
    other_invitation: Invitation | None


@retry_after_expiry
def accept(person: SignedIn, which: InvitationRef, *, context: Context) -> AcceptResult:
    """Makes the signed-in person a manager, in one transaction that checks everything again (R17).

    Refuses: EmailMismatch, EmailNotVerified, MadeBySupport (all leave a note on the invitation and end nothing, R15),
    LoginDeactivated, SignInNotLinked, InvitationNotFound, InvitationExpired, InvitationRevoked,
    InvitationDeclined, InvitationSuperseded, InvitationUsed by somebody else, AlreadyManager,
    AccountClosed, AccountFull, MembershipLimitReached. The same person accepting again gets the same
    membership; an invitation by mail to somebody who manages the account already ends with the refusal (R2).
    Another pending invitation to the person's own address ends with this one; overdue
    invitations that block it are expired, and it is tried once more (I3).
    """
    try:
        return _try(person, which, other_invitation=None, context=context)
    except InvitationUsed:
        other_invitation = None  # Lost a race: if it was against oneself, reading again finds one's own membership.
    except AlreadyInvited as refusal:
        other_invitation = still_pending(refusal.account_id, refusal.invitation_id, now=context.now)
    return _try(person, which, other_invitation=other_invitation, context=context.later())


@retry_on_change
def _try(
    person: SignedIn, which: InvitationRef, *, other_invitation: Invitation | None, context: Context
) -> AcceptResult:
    now, most = context.now, context.limits.memberships_per_customer
    customer, found = sign_in.customer_of(person, lambda customer_id: _keys(which, customer_id), now=now)
    invitation, account, *own = found
    membership: Membership | None = own[0] if own else None
    if invitation is None or account is None:
        raise InvitationNotFound
    if customer is not None and invitation.accepted_by == customer.id and membership is not None:
        return AcceptResult(membership, account.name, repeated=True)
    generation = invitation.generation if which.generation is None else which.generation
    rules.can_be_accepted(invitation, generation=generation, now=now)
    _must_be_for(invitation, person, context.support, now)
    if membership is not None:
        if release_invitation.is_to_manager(invitation, person, membership):
            release_invitation.release(invitation, membership, now=now)
        raise AlreadyManager
    rules.seat_for_accepting(account)
    if customer is None:
        newcomer = _newcomer(person, now)
        joining = _Acceptance(
            newcomer, customers.create(newcomer), invitation, account, is_new=True, other_invitation=other_invitation
        )
    else:
        rules.can_join(customer, most)
        counted = [customers.join_account(customer, most, invited=invitation.address)]
        joining = _Acceptance(customer, counted, invitation, account, is_new=False, other_invitation=other_invitation)
    return _commit(joining, now)


def _keys(which: InvitationRef, customer_id: str | None) -> list[Key[Any]]:
    keys: list[Key[Any]] = [
        invitations.key(which.account_id, which.invitation_id),
        accounts.key(which.account_id),
    ]
    if customer_id is not None:
        keys.append(memberships.key(which.account_id, customer_id))
    return keys


def _must_be_for(invitation: Invitation, person: SignedIn, support: SupportGroups, now: datetime) -> None:
    try:
        rules.is_for(invitation, person)
        rules.is_not_for_support(invitation, person, support.both)
    except (EmailMismatch, EmailNotVerified, MadeBySupport) as refusal:
        _note(invitation, refusal, now)
        raise


def _note(invitation: Invitation, refusal: DomainError, now: datetime) -> None:
    try:
        commit(invitation_life.note_accept_error(invitation, AcceptError(refusal.code, now)))
    except Changed:  # it has just ended; the note would be of no use to anybody
        return


def _newcomer(person: SignedIn, now: datetime) -> Customer:
    """The customer who is made in the same transaction (R21). Only a proven address makes a customer."""
    if person.proven_address is None:
        raise EmailNotVerified
    return Customer(
        id=ids.customer_id(now),
        address=person.proven_address,
        first_name=person.first_name,
        last_name=person.last_name,
        identity=person.identity,
        login_activated=True,
        membership_count=1,
        created_at=now,
    )


def _commit(joining: _Acceptance, now: datetime) -> AcceptResult:
    customer, invitation, account = joining.customer, joining.invitation, joining.account
    membership = Membership(
        account_id=account.id,
        customer_id=customer.id,
        role=invitation.role,
        origin=Origin(OriginKind.INVITATION, invitation.id),
        added_by=invitation.invited_by,
        created_at=now,
    )
    event_id, other_event_id = ids.event_ids(now, 2)
    commit(
        invitation_life.accept(invitation, generation=invitation.generation, customer_id=customer.id, now=now),
        *_off_the_lists(joining),
        *memberships.add(membership, taken=Changed()),
        seats.convert_seat(account, invitation.role, also_freed=0 if joining.other_invitation is None else 1),
        *joining.customer_steps,
        *_addresses(joining),
        history.record(_event(joining, event_id, now)),
        *_end_other_invitation(joining, other_event_id, now),
    )
    if customer.identity:
        identities.remember(customer.identity, customer.id)
    return AcceptResult(membership, account.name, repeated=False)


def _off_the_lists(joining: _Acceptance) -> list[Step]:
    """Both invitations leave the lists of their senders; the accepted one's must still be entitled to give its role."""
    inviter, other_invitation = joining.invitation.inviter, joining.other_invitation
    other = other_invitation.inviter if other_invitation else None
    steps: list[Step] = []
    if inviter is not None:
        sent = {joining.invitation.id} | (
            {other_invitation.id} if other_invitation and other and other.id == inviter.id else set()
        )
        steps.append(memberships.accepted_from(joining.account, inviter.id, joining.invitation.role, *sorted(sent)))
        steps.append(customers.still_active(inviter.id, otherwise=InvitationRevoked()))
    if other_invitation is not None and other is not None and (inviter is None or other.id != inviter.id):
        steps.append(memberships.ended_from(joining.account.id, other.id, other_invitation.id))
    return steps


def _addresses(joining: _Acceptance) -> list[Step | None]:
    """The customer's address is held for the manager from now on; the invited one, if another, is free again."""
    customer, invitation = joining.customer, joining.invitation
    account_id = invitation.account_id
    if invitation.address == customer.address:
        return [address_locks.lock_for_manager(account_id, customer.address, customer.id, instead_of=invitation.id)]
    instead_of = joining.other_invitation.id if joining.other_invitation else None
    return [
        address_locks.release_invitation(invitation),
        address_locks.lock_for_manager(account_id, customer.address, customer.id, instead_of=instead_of),
    ]


def _end_other_invitation(joining: _Acceptance, event_id: str, now: datetime) -> list[Step | None]:
    """Its seat, address and list go with those of the accepted one."""
    if joining.other_invitation is None:
        return []
    return revoke_steps(
        joining.other_invitation,
        event_id=event_id,
        actor=customer_actor(joining.customer.id),
        now=now,
        elsewhere=Hold.SEAT | Hold.ADDRESS | Hold.SENDERS_LIST,
        because="invitee_joined",
    )


def _event(joining: _Acceptance, event_id: str, now: datetime) -> Event:
    invitation = joining.invitation
    return new_event(
        account_stream(invitation.account_id),
        event_id=event_id,
        event_type=EventType.INVITATION_ACCEPTED,
        at=now,
        actor=customer_actor(joining.customer.id),
        subject=f"invitation:{invitation.id}",
        customer_id=joining.customer.id,
        role=invitation.role.value,
        kind=invitation.kind.value,
        new_customer=joining.is_new,
        **({"transfer_id": invitation.transfer_id} if invitation.transfer_id else {}),
    )
