"""The Steps of accounts: what they count, and that a lost race is refused as the early check would."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AccountNotFound,
    Changed,
    DomainError,
    Forbidden,
    IsBillToContact,
    IsSoldToContact,
    LastManager,
    PendingLimitReached,
)
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission
from chalicelib.store import accounts, reading, seats
from chalicelib.store.transaction import Step
from tests.integration.store_fixtures import (
    TakenForTests,
    an_account,
    changed,
    early,
    gone,
    meanwhile,
    new_id,
    read,
    refusal,
    same,
)
from tests.unit.builders import LIMITS, account

pytestmark = pytest.mark.usefixtures("tables")

CARL = Address("carl@acme.example")
COUNTERS = ("seats_used", "manager_count", "managing_count", "admin_count", "pending_count")


def counters(it: Account) -> list[int]:
    return [getattr(it, name) for name in COUNTERS]


# What each Step counts: seats_used, manager_count, managing_count, admin_count, pending_count
BEFORE = {"seats_used": 8, "manager_count": 5, "managing_count": 4, "admin_count": 2, "pending_count": 3}
COUNTED: list[tuple[str, Callable[[Account], Step], list[int]]] = [
    ("invite", lambda it: seats.reserve_seat(it, inviter=Role.MANAGER, limits=LIMITS), [9, 5, 4, 2, 4]),
    ("invite by support", lambda it: seats.reserve_seat(it, inviter=None, limits=LIMITS), [9, 5, 4, 2, 4]),
    ("accept as admin", lambda it: seats.convert_seat(it, Role.ADMIN), [8, 6, 5, 3, 2]),
    ("accept as manager", lambda it: seats.convert_seat(it, Role.MANAGER), [8, 6, 5, 2, 2]),
    ("accept as viewer", lambda it: seats.convert_seat(it, Role.VIEWER), [8, 6, 4, 2, 2]),
    ("end an invitation", lambda it: seats.free_seat(it.id), [7, 5, 4, 2, 2]),
    ("remove an admin", lambda it: removed(it, Role.ADMIN), [7, 4, 3, 1, 3]),
    ("remove a manager", lambda it: removed(it, Role.MANAGER), [7, 4, 3, 2, 3]),
    ("remove a viewer", lambda it: removed(it, Role.VIEWER), [7, 4, 4, 2, 3]),
    ("remove with invitations", lambda it: removed(it, Role.MANAGER, pending=2), [5, 4, 3, 2, 1]),
    ("promote", lambda it: seats.change_role(it, before=Role.VIEWER, after=Role.ADMIN), [8, 5, 5, 3, 3]),
    ("demote", lambda it: seats.change_role(it, before=Role.ADMIN, after=Role.VIEWER), [8, 5, 3, 1, 3]),
    ("step down", lambda it: seats.change_role(it, before=Role.ADMIN, after=Role.MANAGER), [8, 5, 4, 1, 3]),
]


def removed(it: Account, role: Role, *, pending: int = 0) -> Step:
    return seats.remove_manager(it, role=role, addresses=frozenset({CARL}), pending=pending)


@pytest.mark.parametrize(("step", "after"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_each_change_counts_what_it_changes(step: Callable[[Account], Step], after: list[int]) -> None:
    """I2."""
    it = an_account(**BEFORE)
    assert refusal(step(it)) is None
    now = read(accounts.key(it.id))
    assert counters(now) == after
    assert now == changed(it, **dict(zip(COUNTERS, after, strict=True)))


@dataclass(frozen=True, slots=True)
class Race:
    """A Step made from an account that is then changed by somebody else."""

    step: Callable[[Account], Step]
    check: Callable[[Account], object]
    refused: type[DomainError] | None
    then: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)


def invite(
    refused: type[DomainError] | None, inviter: Role | None = Role.MANAGER, *, borrowed: int = 0, **then: Any
) -> Race:
    def check(it: Account) -> None:
        if inviter is not None:
            rules.may_still(it, inviter, Permission.INVITE_MANAGERS)
        rules.seat_for_invitation(it, LIMITS)

    before = {"max_managers": 5, "borrowed_seats": borrowed}
    return Race(lambda it: seats.reserve_seat(it, inviter=inviter, limits=LIMITS), check, refused, then, before)


def accept(refused: type[DomainError] | None, **then: Any) -> Race:
    before = {"max_managers": 5}
    return Race(lambda it: seats.convert_seat(it, Role.MANAGER), rules.seat_for_accepting, refused, then, before)


def remove(refused: type[DomainError] | None, role: Role, before: dict[str, Any], **then: Any) -> Race:
    return Race(
        lambda it: removed(it, role),
        lambda it: rules.can_be_removed(it, role, frozenset({CARL})),
        refused,
        then,
        before,
    )


def demote(refused: type[DomainError] | None, after: Role, before: dict[str, Any], **then: Any) -> Race:
    def step(it: Account) -> Step:
        return seats.change_role(it, before=Role.ADMIN, after=after)

    return Race(step, lambda it: rules.can_change_role(it, Role.ADMIN, after), refused, then, before)


TWO_ADMINS = {"managed_by": "admins", "admin_count": 2, "managing_count": 2}
RACES = [
    invite(None, seats_used=4),
    invite(None, pending_count=14),
    invite(AccountClosed, status="closed"),
    invite(AccountFull, seats_used=5),
    invite(AccountFull, max_managers=2),
    invite(AccountFull, max_managers=3, borrowed_seats=1),
    invite(AccountFull, borrowed=1, seats_used=4),
    invite(None, borrowed=1, seats_used=3),
    invite(Changed, borrowed_seats=1),
    invite(Changed, borrowed=1, borrowed_seats=None, max_managers=4),
    invite(PendingLimitReached, pending_count=15),
    invite(Forbidden, managed_by="admins"),
    invite(Forbidden, managed_by="admins", status="closed"),
    invite(Changed, Role.ADMIN, managed_by="admins"),
    invite(None, None, managed_by="admins"),
    accept(None, seats_used=5),
    accept(AccountFull, seats_used=6),
    accept(AccountFull, max_managers=1),
    accept(AccountClosed, status="closed"),
    accept(Changed, managed_by="admins"),
    remove(LastManager, Role.MANAGER, {}, managing_count=1),
    remove(LastManager, Role.ADMIN, {}, managing_count=1),
    remove(None, Role.VIEWER, {}, managing_count=1),
    remove(LastManager, Role.ADMIN, TWO_ADMINS, admin_count=1),
    remove(None, Role.MANAGER, TWO_ADMINS, admin_count=1),
    remove(IsSoldToContact, Role.MANAGER, {}, sold_to_address=CARL),
    remove(IsBillToContact, Role.MANAGER, {}, bill_to_address=CARL),
    remove(None, Role.MANAGER, {}, sold_to_address=None, bill_to_address=None),
    remove(Changed, Role.MANAGER, {}, managed_by="admins"),
    remove(LastManager, Role.ADMIN, {"admin_count": 1}, managed_by="admins"),
    demote(LastManager, Role.VIEWER, {}, managing_count=1),
    demote(None, Role.MANAGER, {}, managing_count=1),
    demote(LastManager, Role.MANAGER, TWO_ADMINS, admin_count=1),
    demote(Changed, Role.MANAGER, {"admin_count": 2}, managed_by="admins"),
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: f"{race.refused and race.refused.__name__} {race.then}")
def test_a_lost_race_is_refused_as_the_early_check_would(race: Race) -> None:
    """R6, R7, R8, R17, R31, R32, I2, I4, S11, S23: read, another caller commits, then commit."""
    it = an_account(**race.before)
    assert early(lambda: race.check(it)) is None
    step = race.step(it)
    meanwhile("Accounts", {"key": it.id}, **race.then)
    now = read(accounts.key(it.id))
    answer = refusal(step)
    assert (type(answer) if answer else None) is race.refused
    if race.refused is not Changed:
        assert same(answer, early(lambda: race.check(now)))
    assert (read(accounts.key(it.id)) == now) is (answer is not None)


@pytest.mark.parametrize("step", [row[1] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_a_missing_account_is_not_found_and_not_created(step: Callable[[Account], Step]) -> None:
    """I8: an unconditional update would create an item."""
    it = an_account(**BEFORE)
    made = step(it)
    gone("Accounts", {"key": it.id})
    assert isinstance(refusal(made), AccountNotFound)
    assert reading.one(accounts.key(it.id)) is None


def test_a_zuora_account_is_imported_once() -> None:
    """R4: the second of two imports gets its caller's refusal, and writes nothing."""
    first, second = (account(id=new_id("acc"), zuora_account_id="zuora-once") for _ in range(2))
    known = TakenForTests(id="first")
    assert refusal(*accounts.create(first, known=known)) is None
    assert refusal(*accounts.create(second, known=known)) is known
    assert read(accounts.reservation("zuora-once")) == first.id
    assert reading.one(accounts.key(second.id)) is None
    assert read(accounts.key(first.id)) == first


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"plan": None, "max_managers": 3},
        {"sold_to_contact_id": None, "bill_to_contact_id": None, "sold_to_address": None, "bill_to_address": None},
    ],
)
def test_an_account_is_read_as_it_was_written(changes: dict[str, Any]) -> None:
    made = account(id=new_id("acc"), zuora_account_id=new_id("zuora"), **changes)
    assert refusal(*accounts.create(made, known=TakenForTests())) is None
    assert read(accounts.key(made.id)) == made


@pytest.mark.parametrize("pending", [2, 4])
def test_a_new_policy_requires_the_number_of_pending_invitations_that_was_read(pending: int) -> None:
    """R17, I2: one sent, or ended, meanwhile causes a reread; other edits do not check it."""
    it = an_account(**BEFORE)
    policy = changed(it, version=2, managed_by=ManagedBy.ADMINS)
    step, other = accounts.edit(it, policy, freed=3), accounts.edit(it, changed(it, version=2, plan="large"))
    meanwhile("Accounts", {"key": it.id}, pending_count=pending)
    now = read(accounts.key(it.id))
    assert isinstance(refusal(step), Changed)
    assert read(accounts.key(it.id)) == now
    assert refusal(other) is None


def test_the_rest_of_a_new_policy_ends_under_that_policy_only() -> None:
    """R17, I2: when it was changed again, the rest is determined again."""
    it = an_account(**BEFORE, managed_by=ManagedBy.ADMINS)
    step = seats.free_seat_under(it, 2)
    meanwhile("Accounts", {"key": it.id}, managed_by="managers")
    assert isinstance(refusal(step), Changed)
    now = read(accounts.key(it.id))
    assert counters(now) == counters(it)
    assert refusal(seats.free_seat_under(now, 2)) is None
    assert counters(read(accounts.key(it.id))) == [6, 5, 4, 2, 1]
