"""The Steps of an invitation's life, and of its address lock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain import rules
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AlreadyAccepted,
    AlreadyInvited,
    AlreadyManager,
    Changed,
    DomainError,
    InvitationDeclined,
    InvitationExpired,
    InvitationNotFound,
    InvitationRevoked,
    InvitationSuperseded,
    InvitationUsed,
)
from chalicelib.domain.invitations import (
    AcceptError,
    Delivery,
    DeliveryState,
    Invitation,
    InvitationKind,
    InvitationStatus,
)
from chalicelib.store import address_locks, invitation_life, invitations, reading
from chalicelib.store.transaction import Step
from tests.integration.store_fixtures import (
    an_invitation,
    changed,
    early,
    gone,
    meanwhile,
    new_id,
    read,
    refusal,
    same,
)
from tests.unit.builders import NOW, SECOND, invitation

pytestmark = pytest.mark.usefixtures("tables")

EXPIRY = NOW + timedelta(days=7)
LATER = NOW + timedelta(hours=1)
CARL = Address("carl@acme.example")
CUSTOMER = "cus_carl"


def place(it: Invitation) -> dict[str, str]:
    return {"account_id": it.account_id, "invitation_id": it.id}


def now_of(it: Invitation) -> Invitation:
    return read(invitations.key(it.account_id, it.id))


def accepted(it: Invitation, *, generation: int = 1, now: datetime = LATER) -> Step:
    return invitation_life.accept(it, generation=generation, customer_id=CUSTOMER, now=now)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"message": "Hello", "locale": "de", "generation": 3, "sent_count": 3, "last_sent_at": LATER},
        {"kind": InvitationKind.LINK, "address": None, "expires_at": None, "delivery": None, "last_sent_at": None},
        {"inviter": None, "invited_by": "admin:sue@support.example"},
    ],
    ids=["by mail", "with everything", "by link", "by support"],
)
def test_an_invitation_is_read_as_it_was_written(changes: dict[str, Any]) -> None:
    made = invitation(account_id=new_id("acc"), id=new_id("inv"), **changes)
    assert refusal(invitations.create(made)) is None
    assert now_of(made) == made
    assert invitations.pending_of(made.account_id) == [made]
    assert isinstance(refusal(invitations.create(made)), Changed)


def test_an_accepted_invitation_says_by_whom_and_forgets_failed_attempts() -> None:
    """R15, R16."""
    it = an_invitation()
    assert refusal(invitation_life.note_accept_error(it, AcceptError("email_mismatch", NOW))) is None
    assert now_of(it).last_accept_error == AcceptError("email_mismatch", NOW)
    assert refusal(accepted(it)) is None
    ended = changed(it.ended(InvitationStatus.ACCEPTED, LATER), accepted_by=CUSTOMER)
    assert now_of(it) == ended
    assert invitations.pending_of(it.account_id) == []


Rival = Callable[[Invitation], object]


def ended_as(status: str) -> Rival:
    """Another caller ends it."""
    return lambda it: meanwhile("Invitations", place(it), status=status)


def resent(it: Invitation) -> None:
    meanwhile("Invitations", place(it), generation=2)


def deleted(it: Invitation) -> None:
    gone("Invitations", place(it))


def nothing(_it: Invitation) -> None:
    """No rival."""


@pytest.mark.parametrize(
    ("rival", "now", "refused"),
    [
        (nothing, EXPIRY - SECOND, None),
        (nothing, EXPIRY, InvitationExpired),
        (nothing, EXPIRY + SECOND, InvitationExpired),
        (ended_as("accepted"), LATER, InvitationUsed),
        (ended_as("revoked"), LATER, InvitationRevoked),
        (ended_as("declined"), LATER, InvitationDeclined),
        (ended_as("expired"), LATER, InvitationExpired),
        (resent, LATER, InvitationSuperseded),
        (deleted, LATER, InvitationNotFound),
    ],
)
def test_a_lost_race_at_accepting_is_refused_like_the_early_check(
    rival: Rival, now: datetime, refused: type[DomainError] | None
) -> None:
    """R14, R16, R17, R20, S8, S10, S12."""
    it = an_invitation()
    step = accepted(it, now=now)
    rival(it)
    then = reading.one(invitations.key(it.account_id, it.id))
    answer = refusal(step)
    assert (type(answer) if answer else None) is refused
    if then is not None:
        assert same(answer, early(lambda: rules.can_be_accepted(then, generation=1, now=now)))
    assert (reading.one(invitations.key(it.account_id, it.id)) == then) is (answer is not None)


def test_a_link_without_expiry_can_be_accepted_at_any_time() -> None:
    """R10."""
    it = an_invitation(expires_at=None)
    assert refusal(accepted(it, now=NOW + timedelta(days=9999))) is None


@pytest.mark.parametrize(
    ("step", "rival", "refused"),
    [
        (invitation_life.revoke, nothing, None),
        (invitation_life.revoke, ended_as("accepted"), AlreadyAccepted),
        (invitation_life.revoke, ended_as("revoked"), Changed),
        (invitation_life.revoke, ended_as("declined"), Changed),
        (invitation_life.revoke, ended_as("expired"), Changed),
        (invitation_life.revoke, deleted, InvitationNotFound),
        (invitation_life.revoke_expired, ended_as("expired"), None),
        (invitation_life.revoke_expired, ended_as("revoked"), Changed),
        (invitation_life.revoke_expired, ended_as("accepted"), AlreadyAccepted),
        (invitation_life.revoke_expired, nothing, Changed),
        (invitation_life.revoke_expired, deleted, InvitationNotFound),
    ],
)
def test_revoking_ends_it_once_or_causes_a_reread(
    step: Callable[..., Step], rival: Rival, refused: type[DomainError] | None
) -> None:
    """R19, S10."""
    it = an_invitation()
    made = step(it, now=LATER)
    rival(it)
    answer = refusal(made)
    assert (type(answer) if answer else None) is refused
    if refused is None:
        assert now_of(it) == it.ended(InvitationStatus.REVOKED, LATER)
        assert invitations.pending_of(it.account_id) == []


@pytest.mark.parametrize(
    ("rival", "now", "refused"),
    [
        (nothing, EXPIRY - SECOND, Changed),
        (nothing, EXPIRY, None),
        (nothing, EXPIRY + SECOND, None),
        (ended_as("accepted"), EXPIRY, Changed),
        (deleted, EXPIRY, Changed),
    ],
)
def test_expiry_is_recorded_with_the_time_it_was_due(
    rival: Rival, now: datetime, refused: type[DomainError] | None
) -> None:
    """R20."""
    it = an_invitation()
    step = invitation_life.expire(it, now=now)
    rival(it)
    answer = refusal(step)
    assert (type(answer) if answer else None) is refused
    if refused is None:
        assert now_of(it) == it.ended(InvitationStatus.EXPIRED, EXPIRY)


def test_one_without_expiry_cannot_expire() -> None:
    """R10."""
    it = an_invitation(expires_at=None)
    assert isinstance(refusal(invitation_life.expire(it, now=NOW + timedelta(days=9999))), Changed)


@pytest.mark.parametrize("rival", [ended_as("revoked"), deleted])
def test_a_failed_attempt_is_not_noted_on_what_has_ended(rival: Rival) -> None:
    """R15."""
    it = an_invitation()
    step = invitation_life.note_accept_error(it, AcceptError("email_mismatch", NOW))
    rival(it)
    assert isinstance(refusal(step), Changed)


@pytest.mark.parametrize(
    ("rival", "noted"),
    [
        (nothing, True),
        (ended_as("accepted"), True),
        (resent, False),
        (lambda it: meanwhile("Invitations", place(it), delivery_state="delivered"), False),
        (deleted, False),
    ],
    ids=["as it was", "accepted meanwhile", "resent meanwhile", "delivered meanwhile", "gone"],
)
def test_a_delivery_state_is_recorded_unless_a_newer_one_is_known(rival: Rival, *, noted: bool) -> None:
    """R25."""
    it = an_invitation()
    failed = Delivery(DeliveryState.FAILED, LATER, "MessageRejected")
    step = invitation_life.note_delivery(it, failed)
    rival(it)
    answer = refusal(step)
    assert isinstance(answer, Changed) is not noted
    if noted:
        assert now_of(it).delivery == failed


def test_a_sent_mail_has_no_reason() -> None:
    """R25."""
    it = an_invitation()
    assert refusal(invitation_life.note_delivery(it, Delivery(DeliveryState.SENT, LATER))) is None
    assert now_of(it).delivery == Delivery(DeliveryState.SENT, LATER)


ALL = frozenset(InvitationStatus)


def test_lists_show_each_invitation_as_it_counts_at_that_moment() -> None:
    """R20, I3: a pending one past its end is listed with the expired ones, recorded or not."""
    account = new_id("acc")
    live, overdue, swept, revoked = (an_invitation(account_id=account) for _ in range(4))
    meanwhile("Invitations", place(overdue), expires_at="2026-03-01T13:00:00.000000+0000")
    for it, status in ((swept, "expired"), (revoked, "revoked")):
        meanwhile("Invitations", place(it), status=status)

    def listed(*statuses: InvitationStatus, now: datetime = LATER) -> list[str]:
        found = invitations.of_account(account, statuses=statuses, now=now, limit=10)
        return [it.id for it in found]

    assert listed(InvitationStatus.PENDING) == [live.id]
    assert listed(InvitationStatus.PENDING, now=LATER - SECOND) == [overdue.id, live.id]
    assert listed(InvitationStatus.EXPIRED) == [swept.id, overdue.id]
    assert listed(InvitationStatus.REVOKED, InvitationStatus.PENDING) == [revoked.id, live.id]
    assert listed(*ALL) == [revoked.id, swept.id, overdue.id, live.id]


def test_lists_are_read_page_by_page_newest_first() -> None:
    account = new_id("acc")
    made = [an_invitation(account_id=account) for _ in range(5)][::-1]
    by_state: dict[str, Any] = {"statuses": ALL, "now": LATER}
    assert invitations.of_account(account, **by_state, limit=2) == made[:2]
    assert invitations.of_account(account, **by_state, limit=2, before=made[1].id) == made[2:4]
    assert invitations.of_account(account, **by_state, limit=2, before=made[3].id) == made[4:]
    assert invitations.pending_of(account, limit=2) == made[:2]
    assert invitations.pending_of(account, limit=9, before=made[1].id) == made[2:]


def test_an_inbox_holds_what_is_pending_for_one_address() -> None:
    """R21, I8."""
    address = Address(f"{new_id('a')}@acme.example")
    mine = [an_invitation(address=address) for _ in range(2)]
    an_invitation(address=Address("other@acme.example"))
    ended = an_invitation(address=address)
    assert refusal(accepted(ended)) is None
    found = reading.many(invitations.inbox(address))
    assert [it for it in found if it is not None and it.is_pending] == mine[::-1]


# The addresses


def held(account_id: str, address: Address = CARL) -> address_locks.AddressLock | None:
    return reading.one(address_locks.key(account_id, address))


def by_invitation(account_id: str) -> None:
    assert refusal(address_locks.lock_for_invitation(account_id, CARL, "inv_rival")) is None


def by_manager(account_id: str) -> None:
    assert refusal(address_locks.lock_for_manager(account_id, CARL, "cus_rival", instead_of=None)) is None


def by_nobody(_account_id: str) -> None:
    """No rival."""


RIVALS = [(by_nobody, None), (by_invitation, AlreadyInvited), (by_manager, AlreadyManager)]


@pytest.mark.parametrize(("rival", "refused"), RIVALS)
@pytest.mark.parametrize("taker", ["invitation", "manager"])
def test_an_address_has_one_lock(taker: str, rival: Callable[[str], None], refused: type[DomainError] | None) -> None:
    """R11, R12, I3: the second caller is refused because of the first, as the early check would."""
    account = new_id("acc")
    taking = {
        "invitation": address_locks.lock_for_invitation(account, CARL, "inv_mine"),
        "manager": address_locks.lock_for_manager(account, CARL, "cus_mine", instead_of=None),
    }
    rival(account)
    before = held(account)
    answer = refusal(taking[taker])
    assert (type(answer) if answer else None) is refused
    assert same(answer, early(lambda: address_locks.refuse_locked(before)))
    if isinstance(answer, AlreadyInvited):
        assert answer.fields == {"invitation_id": "inv_rival"}
    mine = (
        address_locks.AddressLock(account, "inv_mine", None)
        if taker == "invitation"
        else address_locks.AddressLock(account, None, "cus_mine")
    )
    assert held(account) == (before if refused else mine)


@pytest.mark.parametrize(("instead_of", "refused"), [("inv_rival", None), ("inv_other", AlreadyInvited)])
def test_a_manager_takes_over_the_lock_of_their_own_invitation_only(
    instead_of: str, refused: type[DomainError] | None
) -> None:
    """R11, R17."""
    account = new_id("acc")
    by_invitation(account)
    answer = refusal(address_locks.lock_for_manager(account, CARL, CUSTOMER, instead_of=instead_of))
    assert (type(answer) if answer else None) is refused
    assert held(account) == address_locks.AddressLock(
        account, *((None, CUSTOMER) if refused is None else ("inv_rival", None))
    )


def test_only_ones_own_lock_is_released() -> None:
    """I3: the present holder keeps it."""
    it = invitation(account_id=new_id("acc"), id="inv_mine")
    step = address_locks.release_invitation(it)
    assert refusal(address_locks.lock_for_invitation(it.account_id, CARL, it.id)) is None
    assert refusal(step) is None
    assert held(it.account_id) is None
    by_invitation(it.account_id)
    assert isinstance(refusal(step), Changed)
    assert held(it.account_id) == address_locks.AddressLock(it.account_id, "inv_rival", None)


def test_a_link_invitation_has_no_lock_to_release() -> None:
    """R10."""
    assert address_locks.release_invitation(invitation(kind=InvitationKind.LINK, address=None)) is None


def test_a_manager_releases_their_own_lock_only() -> None:
    """R11, R30."""
    account = new_id("acc")
    by_manager(account)
    assert isinstance(refusal(address_locks.release_manager(account, CARL, "cus_other")), Changed)
    assert refusal(address_locks.release_manager(account, CARL, "cus_rival")) is None
    assert held(account) is None
