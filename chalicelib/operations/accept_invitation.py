"""Accepts an invitation: the person becomes a manager, and a customer if they were none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    AccountFull,
    AlreadyInvited,
    AlreadyManager,
    Changed,
    DomainError,
    EmailMismatch,
    EmailNotVerified,
    InvitationNotFound,
    InvitationUsed,
)
from chalicelib.domain.events import EventType, of_account
from chalicelib.domain.invitations import AcceptError, Invitation
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Membership, Origin, OriginKind
from chalicelib.domain.people import SignedIn, customer_actor
from chalicelib.domain.tokens import Claim
from chalicelib.operations import expire_invitation, sign_in
from chalicelib.operations.again import reading_again
from chalicelib.store import accounts, customers, held_addresses, history, identities, invitations, memberships
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit


@dataclass(frozen=True, slots=True)
class Accepted:
    """The membership, the account's name, and whether this person had accepted before (R16)."""

    membership: Membership
    account_name: str
    repeated: bool


def accept(person: SignedIn, claim: Claim, *, limits: Limits, now: datetime) -> Accepted:
    """Makes the signed-in person a manager, in one transaction that checks everything again (R17).

    Refuses: EmailMismatch, EmailNotVerified (both leave a note on the invitation and end nothing, R15),
    LoginDeactivated, SignInNotLinked, InvitationNotFound, InvitationExpired, InvitationRevoked,
    InvitationDeclined, InvitationSuperseded, InvitationUsed by somebody else, AlreadyManager,
    AccountClosed, AccountFull, MembershipLimitReached, AlreadyInvited at the address of their own record
    when that is another one. The same person accepting again gets the same membership. Overdue invitations
    that stand in the way are expired, and it is tried once more (I3).
    """
    try:
        return _try(person, claim, limits=limits, now=now)
    except InvitationUsed:
        pass  # Lost a race: if it was against oneself, reading again finds one's own membership.
    except (AccountFull, AlreadyInvited):
        if not expire_invitation.all_overdue(claim.account_id, now=now):
            raise
    return _try(person, claim, limits=limits, now=now)


@reading_again
def _try(person: SignedIn, claim: Claim, *, limits: Limits, now: datetime) -> Accepted:
    customer, found = sign_in.customer_of(person, lambda customer_id: _keys(claim, customer_id), now=now)
    invitation, account, *own = found
    membership: Membership | None = own[0] if own else None
    if invitation is None or account is None:
        raise InvitationNotFound
    if customer is not None and invitation.accepted_by == customer.id and membership is not None:
        return Accepted(membership, account.name, repeated=True)
    rules.can_be_accepted(invitation, generation=claim.generation, now=now)
    try:
        rules.is_for(invitation, person)
    except (EmailMismatch, EmailNotVerified) as refusal:
        _note(invitation, refusal, now)
        raise
    if membership is not None:
        raise AlreadyManager
    if customer is None:
        return _join_as_new(person, invitation, account, claim=claim, now=now)
    rules.can_join(customer, limits.memberships_per_customer)
    rules.seat_for_accepting(account)
    counted = [customers.joined(customer, limits.memberships_per_customer)]
    return _commit(customer, counted, invitation, account, claim=claim, now=now)


def _keys(claim: Claim, customer_id: str | None) -> list[Key[Any]]:
    keys: list[Key[Any]] = [
        invitations.key(claim.account_id, claim.invitation_id),
        accounts.key(claim.account_id),
    ]
    if customer_id is not None:
        keys.append(memberships.key(claim.account_id, customer_id))
    return keys


def _note(invitation: Invitation, refusal: DomainError, now: datetime) -> None:
    try:
        commit(invitations.note_accept_error(invitation, AcceptError(refusal.code, now)))
    except Changed:  # it has just ended; the note would be of no use to anybody
        return


def _join_as_new(
    person: SignedIn, invitation: Invitation, account: Account, *, claim: Claim, now: datetime
) -> Accepted:
    """Makes the customer in the same transaction (R21). Only a proven address makes a customer."""
    if person.proven_address is None:
        raise EmailNotVerified
    rules.seat_for_accepting(account)
    customer = Customer(
        id=ids.customer_id(now),
        address=person.proven_address,
        first_name=person.first_name,
        last_name=person.last_name,
        identity=person.identity,
        login_activated=True,
        membership_count=1,
        created_at=now,
    )
    return _commit(customer, customers.create(customer), invitation, account, claim=claim, now=now)


def _commit(
    customer: Customer,
    customer_steps: list[Step],
    invitation: Invitation,
    account: Account,
    *,
    claim: Claim,
    now: datetime,
) -> Accepted:
    membership = Membership(
        account_id=account.id,
        customer_id=customer.id,
        role=invitation.role,
        origin=Origin(OriginKind.INVITATION, invitation.id),
        added_by=invitation.invited_by,
        created_at=now,
    )
    inviter = invitation.inviter
    (event_id,) = ids.event_ids(now, 1)
    commit(
        invitations.accepted(invitation, generation=claim.generation, customer_id=customer.id, now=now),
        memberships.accepted_from(account, inviter.id, invitation.id) if inviter else None,
        *memberships.add(membership, taken=AlreadyManager()),
        accounts.seat_taken(account, invitation.role),
        *customer_steps,
        *_addresses(invitation, customer),
        history.record(
            of_account(
                account.id,
                event_id=event_id,
                event_type=EventType.INVITATION_ACCEPTED,
                at=now,
                actor=customer_actor(customer.id),
                subject=f"invitation:{invitation.id}",
                customer_id=customer.id,
                role=invitation.role.value,
                kind=invitation.kind.value,
                new_customer=customer.created_at == now and customer.membership_count == 1,
            )
        ),
    )
    if customer.identity:
        identities.remember(customer.identity, customer.id)
    return Accepted(membership, account.name, repeated=False)


def _addresses(invitation: Invitation, customer: Customer) -> list[Step | None]:
    """The customer's address is held for the manager from now on; the invited one, if another, is free again."""
    account_id = invitation.account_id
    if invitation.address == customer.address:
        return [held_addresses.hold_for_manager(account_id, customer.address, customer.id, instead_of=invitation.id)]
    return [
        held_addresses.release_invitation(invitation),
        held_addresses.hold_for_manager(account_id, customer.address, customer.id, instead_of=None),
    ]
