"""Invites somebody to manage an account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import ids
from chalicelib.domain import permissions, rules
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import AccountFull, AlreadyInvited, InvitationNotFound, PendingLimitReached, RoleAboveOwn
from chalicelib.domain.events import EventType, of_account
from chalicelib.domain.invitations import Delivery, DeliveryState, Invitation, InvitationKind, InvitationStatus, Inviter
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations import expire_invitation
from chalicelib.operations.access import Entered, enter
from chalicelib.operations.again import reading_again
from chalicelib.store import accounts, held_addresses, history, idempotency, invitations, memberships, reading
from chalicelib.store.idempotency import DoneBefore, Request
from chalicelib.store.reading import Key
from chalicelib.store.transaction import commit


@dataclass(frozen=True, slots=True)
class Wish:
    """What the inviter asks for. ``days`` is how long the invitation is good for."""

    address: Address
    role: Role
    days: int
    message: str | None
    locale: str | None


@dataclass(frozen=True, slots=True)
class Sealing:
    """What an invitation needs from the secrets: the id of the current token key, and the pseudonym of an address."""

    key_id: str
    pseudonym: Callable[[Address], str]


@dataclass(frozen=True, slots=True)
class Invited:
    """The invitation, and whether this repeats an earlier answer."""

    invitation: Invitation
    replayed: bool


def invite(
    person: SignedIn,
    account_id: str,
    wish: Wish,
    *,
    request: Request | None,
    limits: Limits,
    sealing: Sealing,
    now: datetime,
) -> Invited:
    """Makes a pending invitation and takes a seat for it; the mail follows from the event.

    Refuses: AccountNotFound, Forbidden, RoleAboveOwn, AlreadyManager, AlreadyInvited, AccountClosed,
    AccountFull, PendingLimitReached, IdempotencyKeyReused. Whether the address has a customer record
    makes no difference to anything (R13). An overdue invitation that stands in the way is expired, and
    the invitation is tried once more (I3).
    """
    try:
        return _try(person, account_id, wish, request=request, limits=limits, sealing=sealing, now=now)
    except AlreadyInvited as refusal:
        if not expire_invitation.if_overdue(account_id, str(refusal.fields["invitation_id"]), now=now):
            raise
        expire_invitation.all_overdue(account_id, now=now)  # others may stand in the way of the seat
    except (AccountFull, PendingLimitReached):
        if not expire_invitation.all_overdue(account_id, now=now):
            raise
    return _try(person, account_id, wish, request=request, limits=limits, sealing=sealing, now=now)


@reading_again
def _try(
    person: SignedIn,
    account_id: str,
    wish: Wish,
    *,
    request: Request | None,
    limits: Limits,
    sealing: Sealing,
    now: datetime,
) -> Invited:
    also: list[Key[object]] = [held_addresses.key(account_id, wish.address)]
    if request is not None:
        also.append(idempotency.key(request))
    entered = enter(person, account_id, Permission.INVITE_MANAGERS, *also, now=now)
    held, *records = entered.also
    try:
        if request is not None:
            idempotency.meet(records[0], request, now=now)
        if not permissions.may_give(entered.membership.role, wish.role):
            raise RoleAboveOwn
        held_addresses.refuse_held(held)
        rules.seat_for_invitation(entered.account, limits)
        invitation = _new(entered, wish, sealing, now)
        _commit(entered, invitation, request=request, limits=limits, sealing=sealing, now=now)
    except DoneBefore as done:
        return _replay(done)
    return Invited(invitation, replayed=False)


def _new(entered: Entered, wish: Wish, sealing: Sealing, now: datetime) -> Invitation:
    return Invitation(
        account_id=entered.account.id,
        id=ids.invitation_id(now),
        kind=InvitationKind.EMAIL,
        address=wish.address,
        role=wish.role,
        status=InvitationStatus.PENDING,
        generation=1,
        key_id=sealing.key_id,
        created_at=now,
        expires_at=now + timedelta(days=wish.days),
        invited_by=entered.actor,
        inviter=Inviter(entered.customer.id, entered.customer.first_name, entered.customer.last_name),
        message=wish.message,
        locale=wish.locale,
        sent_count=1,
        last_sent_at=now,
        delivery=Delivery(DeliveryState.QUEUED, now),
        last_accept_error=None,
        accepted_by=None,
        ended_at=None,
        decline_reason=None,
    )


def _commit(
    entered: Entered,
    invitation: Invitation,
    *,
    request: Request | None,
    limits: Limits,
    sealing: Sealing,
    now: datetime,
) -> None:
    account, address = entered.account, invitation.address
    if address is None:
        raise ValueError("an e-mail invitation has an address")
    (event_id,) = ids.event_ids(now, 1)
    commit(
        idempotency.remember(
            request, account_id=account.id, created_id=invitation.id, now=now, keep=limits.idempotency
        ),
        memberships.sent(entered.membership, invitation.id),
        held_addresses.hold_for_invitation(account.id, address, invitation.id),
        accounts.seat_reserved(account, inviter=entered.membership.role, limits=limits),
        invitations.create(invitation),
        history.record(
            of_account(
                account.id,
                event_id=event_id,
                event_type=EventType.INVITATION_CREATED,
                at=now,
                actor=entered.actor,
                subject=f"invitation:{invitation.id}",
                kind=invitation.kind.value,
                role=invitation.role.value,
                generation=invitation.generation,
                address_pseudonym=sealing.pseudonym(address),
            )
        ),
    )


def _replay(done: DoneBefore) -> Invited:
    invitation = reading.one(invitations.key(done.record.account_id, done.record.created_id))
    if invitation is None:
        raise InvitationNotFound
    return Invited(invitation.as_created(), replayed=True)
