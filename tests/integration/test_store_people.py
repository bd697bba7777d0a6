"""The Steps of customers and memberships: what they write, and how they lose a race."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain import rules
from chalicelib.domain.accounts import ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountNotFound,
    Changed,
    DomainError,
    EmailTaken,
    InvitationRevoked,
    LoginDeactivated,
    ManagerNotFound,
    MembershipLimitReached,
    SignInNotLinked,
)
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.people import admin_actor
from chalicelib.store import customers, memberships, reading
from chalicelib.store.transaction import Step
from tests.integration.store_fixtures import (
    TakenForTests,
    a_customer,
    a_membership,
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
from tests.unit.builders import NOW, customer

pytestmark = pytest.mark.usefixtures("tables")


def test_a_new_customer_reserves_address_and_sign_in() -> None:
    """R1, R2."""
    made = a_customer()
    assert read(customers.by_address(made.address)) == made.id
    assert read(customers.by_identity(str(made.identity))) == made.id
    assert read(customers.key(made.id)) == made


def test_a_new_customer_without_a_sign_in_reserves_none() -> None:
    """R2: one that an import made is bound later."""
    made = a_customer(identity=None)
    assert read(customers.key(made.id)).identity is None
    assert read(customers.by_address(made.address)) == made.id


@pytest.mark.parametrize("what", ["id", "address", "identity"])
def test_a_second_customer_with_the_same_id_address_or_sign_in_is_refused(what: str) -> None:
    """R1, R2: two concurrent requests; the second rereads and finds the first."""
    first = a_customer()
    own = {"id": new_id("cus"), "address": f"{new_id('a')}@acme.example", "identity": new_id("identity")}
    second = customer(**{**own, what: getattr(first, what)})
    assert isinstance(refusal(*customers.create(second)), Changed)
    if what != "id":
        assert reading.one(customers.key(second.id)) is None
    if what != "address":
        assert reading.one(customers.by_address(second.address)) is None
    assert read(customers.key(first.id)) == first


def test_a_customer_is_bound_once() -> None:
    """R2."""
    unbound = a_customer(identity=None)
    identity = new_id("identity")
    assert refusal(*customers.bind(unbound, identity, named=unbound)) is None
    assert read(customers.key(unbound.id)).identity == identity
    assert read(customers.by_identity(identity)) == unbound.id


@pytest.mark.parametrize(
    ("then", "refused"),
    [
        ({"identity": "of-somebody-else"}, SignInNotLinked),
        ({"address": "moved@acme.example"}, SignInNotLinked),
        ({}, Changed),
    ],
    ids=["bound meanwhile", "address changed meanwhile", "the sign-in found another customer meanwhile"],
)
def test_binding_loses_its_race(then: dict[str, Any], refused: type[DomainError]) -> None:
    """R2, S3."""
    unbound = a_customer(identity=None)
    identity = new_id("identity")
    steps = customers.bind(unbound, identity, named=unbound)
    if then:
        meanwhile("Customers", {"key": unbound.id}, **then)
    else:
        a_customer(identity=identity)
    now = read(customers.key(unbound.id))
    assert type(refusal(*steps)) is refused
    assert read(customers.key(unbound.id)) == now


def test_an_address_moves_when_the_new_one_is_free_and_the_old_one_is_ones_own() -> None:
    """R1: the old one is free from then on."""
    it = a_customer()
    new = Address(f"{new_id('a')}@acme.example")
    assert refusal(*customers.move_address(it, new)) is None
    assert read(customers.by_address(new)) == it.id
    assert reading.one(customers.by_address(it.address)) is None


def test_an_address_that_somebody_else_took_meanwhile_is_refused() -> None:
    """R1: two people who move to the same address at once."""
    it, other = a_customer(), a_customer()
    answer = refusal(*customers.move_address(it, other.address))
    assert isinstance(answer, EmailTaken)
    assert answer.fields["customer_id"] == other.id
    assert read(customers.by_address(it.address)) == it.id


def test_a_reservation_of_somebody_else_is_not_released() -> None:
    """R1: a move based on stale data leaves the new owner's reservation."""
    it, new = a_customer(), Address(f"{new_id('a')}@acme.example")
    steps = customers.move_address(it, new)
    meanwhile("Customers", {"key": f"address#{it.address}"}, customer_id="cus_somebody_else")
    assert isinstance(refusal(*steps), Changed)
    assert read(customers.by_address(it.address)) == "cus_somebody_else"
    assert reading.one(customers.by_address(new)) is None


def test_erasing_releases_reservations() -> None:
    """R1, R2: address and sign-in; the id and a pseudonym stay."""
    it = a_customer()
    pseudonym = Address("p@erased.invalid")
    assert refusal(*customers.erase(it, pseudonym, now=NOW)) is None
    assert reading.one(customers.by_address(it.address)) is None
    assert reading.one(customers.by_identity(str(it.identity))) is None
    left = read(customers.key(it.id))
    assert (left.address, left.name, left.identity, left.login_activated) == (pseudonym, "", None, False)
    assert left.erased_at == NOW


@pytest.mark.parametrize("then", [{"membership_count": 1}, {"version": 2}], ids=["joined an account", "was edited"])
def test_erasing_loses_its_race(then: dict[str, Any]) -> None:
    """R1, I2: a person who manages something by now, or has changed, is not erased."""
    it = a_customer()
    steps = customers.erase(it, Address("p@erased.invalid"), now=NOW)
    meanwhile("Customers", {"key": it.id}, **then)
    now = read(customers.key(it.id))
    assert isinstance(refusal(*steps), Changed)
    assert read(customers.key(it.id)) == now
    assert read(customers.by_address(it.address)) == it.id


def test_an_address_is_recorded_once_and_not_for_a_missing_person() -> None:
    """R41: erased, or never there; a former or invited address stays known."""
    it, other = a_customer(), Address("second@acme.example")
    for _ in range(2):
        assert refusal(customers.known_by(it.id, other, otherwise=TakenForTests())) is None
    assert read(customers.key(it.id)).other_addresses == {other}
    assert refusal(customers.join_account(it, None, invited=Address("third@acme.example"))) is None
    assert refusal(customers.join_account(it, None, invited=it.address)) is None
    known = read(customers.key(it.id))
    assert known.addresses == {it.address, other, "third@acme.example"}
    assert known.other_addresses == {other, "third@acme.example"}
    erasable = changed(known, membership_count=0)
    meanwhile("Customers", {"key": it.id}, membership_count=0)
    assert isinstance(
        refusal(*customers.erase(changed(erasable, other_addresses=frozenset()), other, now=NOW)), Changed
    )
    assert refusal(*customers.erase(erasable, Address("p@erased.invalid"), now=NOW)) is None
    for gone_id in (it.id, new_id("cus")):
        assert isinstance(refusal(customers.known_by(gone_id, other, otherwise=TakenForTests())), TakenForTests)
    assert read(customers.key(it.id)).other_addresses == frozenset()


@pytest.mark.parametrize("kind", ["address", "identity"])
def test_erasing_releases_nothing_of_anybody_else(kind: str) -> None:
    """R1, R2: a reservation that went to somebody else meanwhile."""
    it = a_customer()
    steps = customers.erase(it, Address("p@erased.invalid"), now=NOW)
    key = f"{kind}#{it.address if kind == 'address' else it.identity}"
    meanwhile("Customers", {"key": key}, customer_id="cus_somebody_else")
    assert isinstance(refusal(*steps), Changed)
    assert read(customers.key(it.id)) == it


@pytest.mark.parametrize(
    ("limit", "then", "refused"),
    [
        (1, {}, None),
        (None, {"membership_count": 99}, None),
        (2, {"membership_count": 1}, None),
        (1, {"membership_count": 1}, MembershipLimitReached),
        (1, {"login_activated": False}, LoginDeactivated),
        (None, {"login_activated": False}, LoginDeactivated),
    ],
)
def test_joining_is_counted_and_loses_its_race_as_the_early_check_would(
    limit: int | None, then: dict[str, Any], refused: type[DomainError] | None
) -> None:
    """R3, R5, I2."""
    it = a_customer()
    step = customers.join_account(it, limit)
    meanwhile("Customers", {"key": it.id}, **then)
    now = read(customers.key(it.id))
    answer = refusal(step)
    assert (type(answer) if answer else None) is refused
    assert same(answer, early(lambda: rules.can_join(now, limit)))
    counted, version = now.membership_count + (answer is None), now.counted_version + (answer is None)
    assert read(customers.key(it.id)) == changed(now, membership_count=counted, counted_version=version)


@pytest.mark.parametrize("on", [True, False])
def test_a_grant_counts_by_the_login_that_was_read(*, on: bool) -> None:
    """R31, R62, I2: a login switched meanwhile causes a reread, with a limit and without."""
    for limit in (1, None):
        it = a_customer(login_activated=on)
        step = customers.join_by_grant(it, limit)
        meanwhile("Customers", {"key": it.id}, login_activated=not on)
        assert isinstance(refusal(step), Changed)
        left = read(customers.key(it.id))
        assert (left.membership_count, left.counted_version) == (0, 0)
        assert refusal(customers.join_by_grant(left, limit)) is None
        left = read(customers.key(it.id))
        assert (left.membership_count, left.counted_version) == (1, 1)


def test_a_login_is_not_switched_when_memberships_changed_meanwhile() -> None:
    """R31, I2: one less and one more is the same number, but not the same ones."""
    it = a_customer()
    assert refusal(customers.join_account(it, None)) is None
    step = customers.switch_login(
        read(customers.key(it.id)), on=False, actor=admin_actor(Address("sue@support.example")), now=datetime.now(UTC)
    )
    assert refusal(customers.leave_account(it.id)) is None
    assert refusal(customers.join_account(it, None)) is None
    assert isinstance(refusal(step), Changed)


@pytest.mark.parametrize("on", [True, False])
def test_counting_follows_the_login_that_was_read(*, on: bool) -> None:
    """R31: a login switched meanwhile causes a reread; the switch notices new memberships."""
    it = a_customer(login_activated=on)
    assert refusal(customers.counts_as(it)) is None
    assert read(customers.key(it.id)).counted_version == it.counted_version + on
    meanwhile("Customers", {"key": it.id}, login_activated=not on)
    assert isinstance(refusal(customers.counts_as(it)), Changed)


def test_a_customer_who_is_gone_cannot_join() -> None:
    it = a_customer()
    step = customers.join_account(it, 1)
    gone("Customers", {"key": it.id})
    assert isinstance(refusal(step), Changed)


def test_leaving_is_counted_and_never_below_zero() -> None:
    """I2."""
    it = a_customer(membership_count=1)
    assert refusal(customers.leave_account(it.id)) is None
    assert read(customers.key(it.id)).membership_count == 0
    assert isinstance(refusal(customers.leave_account(it.id)), ManagerNotFound)


def test_a_membership_is_stored_from_both_sides() -> None:
    """I8."""
    it = a_membership(role=Role.ADMIN)
    assert memberships.of_account(it.account_id) == [it]
    assert memberships.accounts_of(it.customer_id) == [it.account_id]


def test_a_second_membership_of_the_same_person_is_refused_as_the_caller_says() -> None:
    """R12, S9."""
    first = a_membership()
    taken = TakenForTests()
    assert refusal(*memberships.add(changed(first, role=Role.ADMIN), taken=taken)) is taken
    assert read(memberships.key(first.account_id, first.customer_id)) == first


def test_removing_takes_away_both_sides() -> None:
    """R30."""
    it = a_membership(sent_pending={"inv_a", "inv_b"})
    assert it.sent_pending == {"inv_a", "inv_b"}
    assert refusal(*memberships.remove(it)) is None
    assert memberships.of_account(it.account_id) == []
    assert memberships.accounts_of(it.customer_id) == []


def rival(it: Membership, *, role: str | None = None, sent: str | None = None) -> None:
    """Another caller changes the membership."""
    if role is not None:
        meanwhile("Memberships", {"owner": it.account_id, "member": it.customer_id}, role=role)
    if sent is not None:
        assert refusal(memberships.sent(it, sent)) is None


@pytest.mark.parametrize("before", [(), ("inv_a",)], ids=["sent none", "sent one"])
@pytest.mark.parametrize("then", [{"role": "viewer"}, {"sent": "inv_z"}], ids=["role", "invitation"])
def test_removing_a_membership_that_has_changed_reads_again(before: tuple[str, ...], then: dict[str, str]) -> None:
    """R22, I2: an invitation sent in between must be ended too."""
    it = a_membership(sent_pending=before)
    steps = memberships.remove(it)
    rival(it, **then)
    assert isinstance(refusal(*steps), Changed)
    assert memberships.accounts_of(it.customer_id) == [it.account_id]


def test_removing_a_missing_manager_finds_nobody() -> None:
    """R30: two who remove the same manager at once."""
    it = a_membership()
    steps = memberships.remove(it)
    assert refusal(*memberships.remove(it)) is None
    assert isinstance(refusal(*steps), ManagerNotFound)


def test_a_role_is_changed_from_the_one_that_was_read() -> None:
    """R6."""
    it = a_membership(role=Role.MANAGER)
    assert refusal(memberships.change_role(it, Role.ADMIN, ended=())) is None
    assert read(memberships.key(it.account_id, it.customer_id)).role is Role.ADMIN
    assert isinstance(refusal(memberships.change_role(it, Role.VIEWER, ended=())), Changed)
    gone("Memberships", {"owner": it.account_id, "member": it.customer_id})
    assert isinstance(refusal(memberships.change_role(it, Role.VIEWER, ended=())), ManagerNotFound)


def test_a_role_is_not_changed_with_an_invitation_that_it_may_not_give() -> None:
    """R17, I2: what ends leaves the list, what is added meanwhile causes a reread."""
    it = a_membership(role=Role.ADMIN, sent_pending={"inv_a", "inv_b"})
    step = memberships.change_role(it, Role.MANAGER, ended=["inv_a"])
    assert refusal(step) is None
    now = read(memberships.key(it.account_id, it.customer_id))
    assert now.role is Role.MANAGER
    assert now.sent_pending == {"inv_b"}
    for sent in (now, a_membership(role=Role.MANAGER)):
        step = memberships.change_role(sent, Role.VIEWER, ended=())
        rival(sent, sent="inv_z")
        assert isinstance(refusal(step), Changed)


def test_a_list_is_emptied_as_it_was_read() -> None:
    """R22, I2: an invitation added meanwhile would be left behind."""
    it = a_membership(sent_pending={"inv_a"})
    step = memberships.mark_login(it, off=True, emptied=True)
    rival(it, sent="inv_z")
    assert isinstance(refusal(step), Changed)
    now = read(memberships.key(it.account_id, it.customer_id))
    assert now.sent_pending == {"inv_a", "inv_z"}
    assert refusal(memberships.mark_login(now, off=True, emptied=True)) is None
    now = read(memberships.key(it.account_id, it.customer_id))
    assert (len(now.sent_pending), now.login_off) == (0, True)


@pytest.mark.parametrize("off", [True, False])
@pytest.mark.parametrize(
    "then", [{"role": "viewer"}, {"login_off": True}, {"sent_pending": {"inv_z"}}], ids=["role", "mark", "invitation"]
)
def test_a_login_is_marked_on_a_membership_as_it_was_read(then: dict[str, Any], *, off: bool) -> None:
    """R22, R31, I2: the rest of the transaction depends on its count and its list."""
    it = a_membership()
    step = memberships.mark_login(it, off=off)
    meanwhile("Memberships", {"owner": it.account_id, "member": it.customer_id}, **then)
    now = read(memberships.key(it.account_id, it.customer_id))
    assert isinstance(refusal(step), Changed)
    assert read(memberships.key(it.account_id, it.customer_id)) == now
    gone("Memberships", {"owner": it.account_id, "member": it.customer_id})
    assert isinstance(refusal(step), ManagerNotFound)


@pytest.mark.parametrize("step", ["still", "sent"])
@pytest.mark.parametrize("off", [True, False])
def test_an_action_during_a_login_switch_is_reread(step: str, *, off: bool) -> None:
    """R3, R22: then the login decides; in between nothing is done or sent."""
    it = a_membership(login_off=not off)
    made = acting(step, it)
    meanwhile("Memberships", {"owner": it.account_id, "member": it.customer_id}, login_off=off or None)
    assert isinstance(refusal(made), Changed)
    assert read(memberships.key(it.account_id, it.customer_id)).sent_pending == frozenset()


def acting(step: str, it: Membership) -> Step:
    return memberships.still(it) if step == "still" else memberships.sent(it, "inv_z")


@pytest.mark.parametrize("step", ["still", "sent"])
@pytest.mark.parametrize("then", ["nothing", "demoted", "removed"])
def test_the_acting_manager_must_still_be_as_checked(step: str, then: str) -> None:
    """R17, I8, S21: a manager removed meanwhile is a stranger, with a stranger's answer."""
    it = a_membership()
    made = acting(step, it)
    if then == "demoted":
        rival(it, role="viewer")
    if then == "removed":
        assert refusal(*memberships.remove(it)) is None
    answer = refusal(made)
    assert isinstance(answer, AccountNotFound) == (then != "nothing")
    now = reading.one(memberships.key(it.account_id, it.customer_id))
    sent = now.sent_pending if now else frozenset()
    assert ("inv_z" in sent) == (step == "sent" and then == "nothing")


@pytest.mark.parametrize(
    ("policy", "role", "given", "entitled"),
    [
        (ManagedBy.MANAGERS, Role.MANAGER, Role.MANAGER, True),
        (ManagedBy.MANAGERS, Role.MANAGER, Role.ADMIN, False),
        (ManagedBy.MANAGERS, Role.VIEWER, Role.VIEWER, False),
        (ManagedBy.ADMINS, Role.ADMIN, Role.ADMIN, True),
        (ManagedBy.ADMINS, Role.MANAGER, Role.VIEWER, False),
    ],
)
def test_accepting_requires_an_inviter_who_may_still_give_the_role(
    policy: ManagedBy, role: Role, given: Role, *, entitled: bool
) -> None:
    """R17, R22: otherwise the invitation counts as revoked; the entry leaves the inviter's list."""
    it = a_membership(account_id=an_account(managed_by=policy).id, role=role, sent_pending={"inv_a", "inv_b"})
    account = an_account(managed_by=policy)
    step = memberships.accepted_from(changed(account, id=it.account_id), it.customer_id, given, "inv_a")
    answer = refusal(step)
    assert isinstance(answer, InvitationRevoked) is not entitled
    left = {"inv_b"} if entitled else {"inv_a", "inv_b"}
    assert read(memberships.key(it.account_id, it.customer_id)).sent_pending == left


def test_an_invitation_of_a_removed_manager_cannot_be_accepted() -> None:
    """R17, R22."""
    it = a_membership(sent_pending={"inv_a"})
    account = changed(an_account(), id=it.account_id)
    step = memberships.accepted_from(account, it.customer_id, Role.VIEWER, "inv_a")
    assert refusal(*memberships.remove(it)) is None
    assert isinstance(refusal(step), InvitationRevoked)


def test_an_ended_invitation_comes_off_the_list_and_the_last_one_leaves_none() -> None:
    """I2: DynamoDB keeps no empty sets."""
    it = a_membership(sent_pending={"inv_a", "inv_b"})
    for ended, left in (("inv_a", {"inv_b"}), ("inv_b", set())):
        assert refusal(memberships.ended_from(it.account_id, it.customer_id, ended)) is None
        assert read(memberships.key(it.account_id, it.customer_id)).sent_pending == left
    gone("Memberships", {"owner": it.account_id, "member": it.customer_id})
    assert isinstance(refusal(memberships.ended_from(it.account_id, it.customer_id, "inv_b")), Changed)


def test_memberships_are_read_page_by_page() -> None:
    account = new_id("acc")
    people = [a_membership(account_id=account, customer_id=new_id("cus")) for _ in range(3)]
    assert memberships.of_account(account, limit=2) == people[:2]
    assert memberships.of_account(account, limit=2, after=people[1].customer_id) == people[2:]
    owner = new_id("cus")
    owned = [a_membership(customer_id=owner).account_id for _ in range(3)]
    assert memberships.accounts_of(owner, limit=2) == owned[:2]
    assert memberships.accounts_of(owner, limit=2, after=owned[1]) == owned[2:]
