"""Every refusal of the rules, at its boundary: what is just allowed next to what is just refused."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, AccountStatus, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AlreadyAccepted,
    DomainError,
    EmailMismatch,
    EmailNotVerified,
    Forbidden,
    InvitationDeclined,
    InvitationExpired,
    InvitationRevoked,
    InvitationSuperseded,
    InvitationUsed,
    IsBillToContact,
    IsSoldToContact,
    LastManager,
    LoginDeactivated,
    MembershipLimitReached,
    PendingLimitReached,
)
from chalicelib.domain.invitations import InvitationKind, InvitationStatus
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission
from tests.unit.builders import LIMITS, NOW, SECOND, account, customer, invitation, person

CLOSED = AccountStatus.CLOSED
ADMINS = ManagedBy.ADMINS
EXPIRY = NOW + timedelta(days=7)


def refusal(check: Callable[[], None]) -> DomainError | None:
    """What the check raises; None if it passes."""
    try:
        check()
    except DomainError as error:
        return error
    return None


def refused_as(check: Callable[[], None]) -> type[DomainError] | None:
    error = refusal(check)
    return type(error) if error else None


@pytest.mark.parametrize(
    ("subject", "refused"),
    [
        (account(), None),
        (account(status=CLOSED), AccountClosed),
        (account(max_managers=3, seats_used=2), None),
        (account(max_managers=2, seats_used=2), AccountFull),
        (account(max_managers=1, seats_used=2), AccountFull),
        (account(max_managers=3, borrowed_seats=1), AccountFull),
        (account(pending_count=14), None),
        (account(pending_count=15), PendingLimitReached),
        (account(pending_count=16), PendingLimitReached),
        (account(status=CLOSED, max_managers=1, pending_count=15), AccountClosed),
        (account(max_managers=1, pending_count=15), AccountFull),
    ],
)
def test_an_invitation_needs_an_open_account_a_seat_and_a_place(
    subject: Account, refused: type[DomainError] | None
) -> None:
    """R7, R8, S11."""
    assert refused_as(lambda: rules.seat_for_invitation(subject, LIMITS)) is refused


def test_the_refusals_of_a_seat_name_the_limit() -> None:
    """R7, R8."""
    full = refusal(lambda: rules.seat_for_invitation(account(max_managers=2), LIMITS))
    pending = refusal(lambda: rules.seat_for_invitation(account(pending_count=15), LIMITS))
    assert full is not None
    assert full.fields == {"limit": 2}
    assert pending is not None
    assert pending.fields == {"limit": 15}


@pytest.mark.parametrize(
    ("subject", "refused"),
    [
        (account(), None),
        (account(status=CLOSED), AccountClosed),
        (account(max_managers=2, seats_used=2), None),
        (account(max_managers=1, seats_used=2), AccountFull),
        (account(pending_count=99), None),
    ],
)
def test_accepting_needs_an_open_account_whose_bound_was_not_lowered(
    subject: Account, refused: type[DomainError] | None
) -> None:
    """R17, S11: the invitation has its seat already."""
    assert refused_as(lambda: rules.seat_for_accepting(subject)) is refused


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (InvitationStatus.PENDING, None),
        (InvitationStatus.ACCEPTED, InvitationUsed),
        (InvitationStatus.REVOKED, InvitationRevoked),
        (InvitationStatus.DECLINED, InvitationDeclined),
        (InvitationStatus.EXPIRED, InvitationExpired),
    ],
)
def test_only_a_pending_invitation_can_be_accepted(status: InvitationStatus, refused: type[DomainError] | None) -> None:
    """R14, R16, R19, S8, S12."""
    subject = invitation(status=status)
    assert refused_as(lambda: rules.can_be_accepted(subject, generation=1, now=NOW)) is refused


@pytest.mark.parametrize(
    ("now", "refused"),
    [(EXPIRY - SECOND, None), (EXPIRY, InvitationExpired), (EXPIRY + SECOND, InvitationExpired)],
    ids=["a second before", "the very moment", "a second after"],
)
def test_an_invitation_ends_at_the_second_of_its_expiry(now: datetime, refused: type[DomainError] | None) -> None:
    """R10, R20: swept or not."""
    error = refusal(lambda: rules.can_be_accepted(invitation(), generation=1, now=now))
    assert (type(error) if error else None) is refused
    if error is not None:
        assert error.fields == {"expired_at": EXPIRY}


def test_one_without_expiry_never_expires() -> None:
    """R10."""
    subject = invitation(expires_at=None)
    assert refusal(lambda: rules.can_be_accepted(subject, generation=1, now=NOW + timedelta(days=9999))) is None


@pytest.mark.parametrize(("generation", "refused"), [(1, InvitationSuperseded), (2, None), (3, InvitationSuperseded)])
def test_only_the_newest_link_works(generation: int, refused: type[DomainError] | None) -> None:
    """R14: an older one says when the newer mail was sent."""
    sent = NOW + SECOND
    subject = invitation(generation=2, last_sent_at=sent)
    error = refusal(lambda: rules.can_be_accepted(subject, generation=generation, now=NOW))
    assert (type(error) if error else None) is refused
    if error is not None:
        assert error.fields == {"newer_sent_at": sent}


@pytest.mark.parametrize(
    ("status", "refused"),
    [(InvitationStatus.ACCEPTED, InvitationUsed), (InvitationStatus.REVOKED, InvitationRevoked)],
)
def test_an_old_link_of_an_ended_invitation_says_how_it_ended(
    status: InvitationStatus, refused: type[DomainError]
) -> None:
    """R14, R16, R19: a newer link would be of no use."""
    subject = invitation(status=status, generation=2)
    assert refused_as(lambda: rules.can_be_accepted(subject, generation=1, now=NOW)) is refused


def test_an_old_link_of_an_overdue_invitation_is_superseded_before_it_is_expired() -> None:
    """R14."""
    subject = invitation(generation=2)
    assert refused_as(lambda: rules.can_be_accepted(subject, generation=1, now=EXPIRY)) is InvitationSuperseded


@pytest.mark.parametrize(
    ("address", "verified", "refused"),
    [
        ("carl@acme.example", True, None),
        ("carl@acme.example", False, EmailNotVerified),
        ("eve@acme.example", True, EmailMismatch),
        ("eve@acme.example", False, EmailMismatch),
        (None, True, EmailMismatch),
        (None, False, EmailMismatch),
    ],
)
def test_an_email_invitation_is_for_the_proven_address(
    address: str | None, *, verified: bool, refused: type[DomainError] | None
) -> None:
    """R15, S1, S2."""
    who = person(address=Address(address) if address else None, verified=verified)
    assert refused_as(lambda: rules.is_for(invitation(), who)) is refused


def test_a_mismatch_shows_both_addresses_masked() -> None:
    """R15, S1."""
    wrong = refusal(lambda: rules.is_for(invitation(), person(address=Address("eve@evil.example"))))
    without = refusal(lambda: rules.is_for(invitation(), person(address=None)))
    assert wrong is not None
    assert wrong.fields == {"signed_in_as": "e***@evil.example", "invited": "c***@acme.example"}
    assert without is not None
    assert without.fields == {"signed_in_as": None, "invited": "c***@acme.example"}


def test_a_link_invitation_is_for_whoever_holds_it() -> None:
    """R10, R15: no address, no check."""
    link = invitation(kind=InvitationKind.LINK, address=None)
    assert refusal(lambda: rules.is_for(link, person(address=None, verified=False))) is None


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (InvitationStatus.PENDING, None),
        (InvitationStatus.EXPIRED, None),
        (InvitationStatus.DECLINED, None),
        (InvitationStatus.REVOKED, None),
        (InvitationStatus.ACCEPTED, AlreadyAccepted),
    ],
)
def test_only_an_accepted_invitation_cannot_be_revoked(
    status: InvitationStatus, refused: type[DomainError] | None
) -> None:
    """R19."""
    assert refused_as(lambda: rules.can_be_revoked(invitation(status=status))) is refused


@pytest.mark.parametrize(
    ("activated", "count", "limit", "refused"),
    [
        (True, 0, 1, None),
        (True, 1, 1, MembershipLimitReached),
        (True, 2, 1, MembershipLimitReached),
        (True, 1, 2, None),
        (True, 99, None, None),
        (False, 0, None, LoginDeactivated),
        (False, 1, 1, LoginDeactivated),
    ],
)
def test_joining_needs_a_working_login_and_room_for_one_account_more(
    count: int, limit: int | None, refused: type[DomainError] | None, *, activated: bool
) -> None:
    """R3, R5."""
    subject = customer(login_activated=activated, membership_count=count)
    assert refused_as(lambda: rules.can_join(subject, limit)) is refused


CARL = Address("carl@acme.example")


@pytest.mark.parametrize(
    ("subject", "role", "address", "refused"),
    [
        (account(), Role.MANAGER, CARL, None),
        (account(managing_count=1), Role.MANAGER, CARL, LastManager),
        (account(managing_count=1), Role.ADMIN, CARL, LastManager),
        (account(managing_count=1), Role.VIEWER, CARL, None),
        (account(managing_count=2, admin_count=1), Role.ADMIN, CARL, None),
        (account(managing_count=2, admin_count=1, managed_by=ADMINS), Role.ADMIN, CARL, LastManager),
        (account(managing_count=2, admin_count=2, managed_by=ADMINS), Role.ADMIN, CARL, None),
        (account(managing_count=2, admin_count=1, managed_by=ADMINS), Role.MANAGER, CARL, None),
        (account(sold_to_address=CARL), Role.MANAGER, CARL, IsSoldToContact),
        (account(bill_to_address=CARL), Role.MANAGER, CARL, IsBillToContact),
        (account(sold_to_address=CARL, bill_to_address=CARL), Role.VIEWER, CARL, IsSoldToContact),
        (account(sold_to_address=None, bill_to_address=None), Role.MANAGER, CARL, None),
        (account(managing_count=1, sold_to_address=CARL), Role.ADMIN, CARL, LastManager),
    ],
)
def test_a_manager_can_go_who_is_neither_the_last_nor_a_contact(
    subject: Account, role: Role, address: Address, refused: type[DomainError] | None
) -> None:
    """R31, R32, I4, S23."""
    assert refused_as(lambda: rules.can_be_removed(subject, role, frozenset({address}))) is refused


@pytest.mark.parametrize(
    ("subject", "before", "after", "refused"),
    [
        (account(), Role.MANAGER, Role.VIEWER, None),
        (account(managing_count=1), Role.MANAGER, Role.VIEWER, LastManager),
        (account(managing_count=1), Role.ADMIN, Role.VIEWER, LastManager),
        (account(managing_count=1), Role.ADMIN, Role.MANAGER, None),
        (account(managing_count=1), Role.MANAGER, Role.ADMIN, None),
        (account(managing_count=1), Role.VIEWER, Role.MANAGER, None),
        (account(managed_by=ADMINS), Role.ADMIN, Role.MANAGER, LastManager),
        (account(managed_by=ADMINS), Role.ADMIN, Role.VIEWER, LastManager),
        (account(managed_by=ADMINS), Role.ADMIN, Role.ADMIN, None),
        (account(managed_by=ADMINS), Role.MANAGER, Role.ADMIN, None),
        (account(managed_by=ADMINS), Role.MANAGER, Role.VIEWER, None),
        (account(managed_by=ADMINS, admin_count=2), Role.ADMIN, Role.MANAGER, None),
    ],
)
def test_a_role_can_change_unless_nobody_is_left_to_manage(
    subject: Account, before: Role, after: Role, refused: type[DomainError] | None
) -> None:
    """R31, I4."""
    assert refused_as(lambda: rules.can_change_role(subject, before, after)) is refused


def test_a_right_that_the_policy_has_taken_away_is_forbidden() -> None:
    """R6, S21."""
    right = Permission.INVITE_MANAGERS
    assert refused_as(lambda: rules.may_still(account(), Role.MANAGER, right)) is None
    assert refused_as(lambda: rules.may_still(account(managed_by=ADMINS), Role.MANAGER, right)) is Forbidden
