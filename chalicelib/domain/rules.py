"""The product's rules as plain checks: each returns, or raises the refusal.

Operations ask them early for a friendly answer; the conditions of the transaction hold the same rules
again, and when one fails there, the same check is asked what to answer.
"""

from datetime import datetime, timedelta

from chalicelib.domain import permissions
from chalicelib.domain.accounts import Account, ManagedBy
from chalicelib.domain.addresses import Address, masked
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AlreadyAccepted,
    AlreadyDeclined,
    AlreadyRevoked,
    EmailMismatch,
    EmailNotVerified,
    Forbidden,
    InvitationDeclined,
    InvitationExpired,
    InvitationRevoked,
    InvitationStillValid,
    InvitationSuperseded,
    InvitationUsed,
    IsALink,
    IsBillToContact,
    IsSoldToContact,
    LastManager,
    LoginDeactivated,
    LoginsNotCounted,
    MadeBySupport,
    MembershipLimitReached,
    NoAdmin,
    PendingLimitReached,
    PersonsMembershipLimitReached,
    RateLimited,
)
from chalicelib.domain.invitations import Invitation, InvitationKind, InvitationStatus
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import SignedIn, admin_actor
from chalicelib.domain.permissions import Permission
from chalicelib.frozen import frozen

ASK_AGAIN_AFTER = timedelta(days=1)


@frozen
class Overrides:
    """Which guards support sets aside when it removes somebody: the last manager's (R31), the contacts' (R32).

    ``bill_to`` is the guard of the Bill To alone: a transfer changes the Sold To and leaves the Bill To as it is.
    """

    last: bool = False
    contact: bool = False
    bill_to: bool = False


NO_OVERRIDES = Overrides()


def may_still(account: Account, role: Role, permission: Permission) -> None:
    """The account's policy gives the role that permission, now as when it was checked first."""
    if not permissions.may(account.managed_by, role, permission):
        raise Forbidden


def seat_for_invitation(account: Account, limits: Limits) -> None:
    """The account is open, has a free seat (R7) and room for one more pending invitation (R8)."""
    if account.is_closed:
        raise AccountClosed
    if account.own_bound is not None and account.seats_used >= account.own_bound:
        raise AccountFull(account.id, limit=account.own_bound)
    if account.pending_count >= limits.pending_invitations:
        raise PendingLimitReached(account.id, limit=limits.pending_invitations)


def seat_for_manager(account: Account, *, also_freed: int = 0, borrowed: int = 0) -> None:
    """The account is open and has a seat for one manager more, those that become free with it counted (R7)."""
    if account.is_closed:
        raise AccountClosed
    bound = account.max_managers if also_freed else account.own_bound
    if bound is not None and account.seats_used + 1 - also_freed > bound + borrowed:
        raise AccountFull(account.id, limit=bound)


def seat_for_accepting(account: Account) -> None:
    """The account is open, and its bound was not lowered below the seats in use (R17)."""
    if account.is_closed:
        raise AccountClosed
    if account.max_managers is not None and account.seats_used > account.max_managers:
        raise AccountFull(account.id, limit=account.max_managers)


def can_be_accepted(invitation: Invitation, *, generation: int, now: datetime) -> None:
    """The invitation is pending, in time, and the link is its newest (R14, R16, R17)."""
    seen = invitation.seen_at(now)
    if seen.status is InvitationStatus.ACCEPTED:
        raise InvitationUsed
    if seen.status is InvitationStatus.REVOKED:
        raise InvitationRevoked
    if seen.status is InvitationStatus.DECLINED:
        raise InvitationDeclined
    if generation != invitation.generation:
        raise InvitationSuperseded(newer_sent_at=invitation.last_sent_at)
    if seen.status is InvitationStatus.EXPIRED:
        raise InvitationExpired(expired_at=invitation.expires_at)


def is_for(invitation: Invitation, person: SignedIn) -> None:
    """An e-mail invitation is for whoever has proven the invited address, and for nobody else (R15)."""
    if invitation.kind is not InvitationKind.EMAIL or invitation.address is None:
        return
    if person.address != invitation.address:
        own = masked(person.address) if person.address else None
        raise EmailMismatch(signed_in=own, invited=masked(invitation.address))
    if not person.verified:
        raise EmailNotVerified


def is_not_for_support(invitation: Invitation, person: SignedIn, groups: frozenset[str]) -> None:
    """A support agent cannot accept an invitation that support made (R67)."""
    if not invitation.is_by_support:
        return
    own = {person.identity} if person.address is None else {person.identity, admin_actor(person.address)}
    if person.groups & groups or own & {invitation.invited_by, *invitation.agents}:
        raise MadeBySupport


def can_be_revoked(invitation: Invitation) -> None:
    """Only an accepted invitation cannot be revoked; one that ended another way stays as it is."""
    if invitation.status is InvitationStatus.ACCEPTED:
        raise AlreadyAccepted


def can_be_resent(invitation: Invitation, *, cooldown: timedelta, now: datetime) -> None:
    """It is a mail, pending or expired, and the last one did not go out just now (R14, R24)."""
    if not invitation.is_mailed:
        raise IsALink
    if invitation.status is InvitationStatus.ACCEPTED:
        raise AlreadyAccepted
    if invitation.status is InvitationStatus.DECLINED:
        raise AlreadyDeclined
    if invitation.status is InvitationStatus.REVOKED:
        raise AlreadyRevoked
    if invitation.last_sent_at is not None and now < invitation.last_sent_at + cooldown:
        wait = invitation.last_sent_at + cooldown - now
        raise RateLimited("A mail went out just now. Wait a moment before sending another.", retry_after=wait)


def can_be_declined(invitation: Invitation, *, generation: int | None) -> None:
    """It was neither accepted nor revoked; declining works after expiry too, and with any of its links (R18).

    Any but those that went to another address: who holds one of these is not asked any more (R14).
    """
    if invitation.status is InvitationStatus.ACCEPTED:
        raise InvitationUsed
    if invitation.status is InvitationStatus.REVOKED:
        raise InvitationRevoked
    if generation is not None and generation < invitation.addressed_since:
        raise InvitationSuperseded(newer_sent_at=invitation.last_sent_at)


def new_one_can_be_requested(invitation: Invitation, *, generation: int, now: datetime) -> None:
    """The link was the newest, its time is over, and nobody has asked within a day (R23)."""
    try:
        can_be_accepted(invitation, generation=generation, now=now)
    except InvitationExpired:
        asked = invitation.new_requested_at
        if asked is not None and now < asked + ASK_AGAIN_AFTER:
            raise RateLimited(
                "A new invitation has been asked for already.", retry_after=asked + ASK_AGAIN_AFTER - now
            ) from None
        return
    raise InvitationStillValid


def can_join(customer: Customer, limit: int | None) -> None:
    """The person's login works (R3) and they manage fewer accounts than one person may (R5)."""
    if not customer.login_activated:
        raise LoginDeactivated
    if limit is not None and customer.membership_count >= limit:
        raise MembershipLimitReached(limit=limit)


def can_be_managed_by(account: Account, managed_by: ManagedBy) -> None:
    """Where only admins manage there is an admin who can sign in (R6, R31)."""
    if managed_by is not ManagedBy.ADMINS:
        return
    _logins_must_count(account)
    if account.admin_count < 1:
        raise NoAdmin


def can_be_given(customer: Customer, limit: int | None) -> None:
    """The person manages fewer accounts than one person may (R5); support may give to somebody whose login is off."""
    if limit is not None and customer.membership_count >= limit:
        raise PersonsMembershipLimitReached(limit=limit)


def can_be_removed(
    account: Account, role: Role, addresses: frozenset[Address], overrides: Overrides = NO_OVERRIDES
) -> None:
    """Somebody else can still manage (R31), and the manager is no contact nor chosen as one (R32), unless overridden.

    ``role`` is the one that counts: of somebody whose login is off, a viewer's. ``addresses`` are all of the manager's.
    """
    if not overrides.last and is_last(account, role):
        raise LastManager
    if overrides.contact:
        return
    parts = account.kept_parts(addresses)
    if ContactRole.SOLD_TO in parts:
        raise IsSoldToContact
    if ContactRole.BILL_TO in parts and not overrides.bill_to:
        raise IsBillToContact


def can_change_role(account: Account, before: Role, after: Role) -> None:
    """Somebody can still manage afterwards, and where admins manage, an admin (R31).

    The roles are those that count: of somebody whose login is off, a viewer's.
    """
    if is_last(account, before, after):
        raise LastManager


def is_last(account: Account, role: Role, becomes: Role = Role.VIEWER) -> bool:
    """Whether nobody who can sign in could manage it any more without a manager who counts in that role (R31).

    ``becomes`` is what they count as afterwards; going, like a login that is switched off, is no more than a viewer.
    """
    manages_less = role.manages and not becomes.manages
    loses_admin = role is Role.ADMIN and becomes is not Role.ADMIN and account.managed_by is ManagedBy.ADMINS
    if not (manages_less or loses_admin):
        return False
    _logins_must_count(account)
    return (manages_less and account.managing_count <= 1) or (loses_admin and account.admin_count <= 1)


def _logins_must_count(account: Account) -> None:
    """An operation that asks the counters who can sign in must not ask those of an account from before (R31)."""
    if not account.logins_counted:
        raise LoginsNotCounted(account.id)
