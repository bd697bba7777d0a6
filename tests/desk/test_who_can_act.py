"""The last-manager and last-admin rules count people who can sign in (R3, R31, I2, I4)."""

import pytest

from chalicelib import settings
from devstack.count_logins import count
from tests.desk.cli_runner import Terminal, has
from tests.desk.conftest import Desk
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.integration.store_fixtures import meanwhile
from tests.invariants import violations
from tests.world import TICKET, Person, World

REASON = {"allow_last": True, "reason": "They have left the company."}


@pytest.fixture
def mark(desk: Desk) -> Person:
    """A second manager of the account, whose contacts manage nothing, so that only the last-manager rule refuses."""
    mark = desk.world.person("mark@acme.example")
    desk.world.add(desk.olga, desk.account, mark)
    desk.world.set_account(desk.account, sold_to_address=None, bill_to_address=None)
    return mark


def switch(desk: Desk, customer_id: str, *, on: bool, **more: object) -> Response:
    body = {"login_activated": on, "confirm_reactivation": True, **more}
    return desk.ask("PATCH", f"/v1/support/customers/{customer_id}", body)


def counters(world: World, account: str) -> tuple[int, int, int]:
    """Managers, those who can act, and admins who can act."""
    (item,) = [it for it in world.items("Accounts") if it["key"]["S"] == account]
    return int(item["manager_count"]["N"]), int(item["managing_count"]["N"]), int(item["admin_count"]["N"])


def leave(desk: Desk, who: Person) -> Response:
    return desk.world.call("POST", f"/v1/billing-accounts/{desk.account}/leave", who)


def give(desk: Desk, whom: str, role: str, by: Person) -> Response:
    return desk.world.call("PATCH", f"/v1/billing-accounts/{desk.account}/managers/{whom}", by, {"role": role})


def test_switching_a_login_moves_the_counters(desk: Desk, mark: Person) -> None:
    """R31, I2: off and on again, in every role; repeating it changes nothing."""
    world, mark_id = desk.world, desk.world.id_of(mark)
    give(desk, mark_id, "admin", desk.olga)
    for on, right in ((False, (2, 1, 1)), (False, (2, 1, 1)), (True, (2, 2, 2)), (True, (2, 2, 2))):
        assert switch(desk, mark_id, on=on).status == 200
        assert counters(world, desk.account) == right
        assert violations(world) == []
    give(desk, mark_id, "viewer", desk.olga)
    switch(desk, mark_id, on=False)
    give(desk, mark_id, "admin", desk.olga)
    assert counters(world, desk.account) == (2, 1, 1)
    switch(desk, mark_id, on=True)
    assert counters(world, desk.account) == (2, 2, 2)


def test_a_manager_who_cannot_sign_in_replaces_nobody(desk: Desk, mark: Person) -> None:
    """R31: the last one who can sign in neither leaves nor steps down; when the other's login is on again, they may."""
    mark_id = desk.world.id_of(mark)
    switch(desk, mark_id, on=False)
    before = desk.world.everything()
    for answer in (leave(desk, desk.olga), give(desk, desk.olga_id, "viewer", desk.olga)):
        assert (answer.status, answer.code) == (409, "last_manager")
    removal = {"reason": "They asked for it.", "override_contact": True}
    answer = desk.ask("POST", f"{desk.path}/managers/{desk.olga_id}/remove", removal)
    assert (answer.status, answer.code) == (409, "last_manager")
    assert desk.world.everything() == before
    switch(desk, mark_id, on=True)
    assert leave(desk, desk.olga).status == 204
    assert violations(desk.world) == []


def test_where_admins_manage_the_last_admin_who_can_sign_in_stays_one(desk: Desk, mark: Person) -> None:
    """R31: the only such admin cannot step down, and is not switched off without a reason."""
    mark_id = desk.world.id_of(mark)
    give(desk, mark_id, "admin", desk.olga)
    desk.ok("PATCH", desk.path, {"managed_by": "admins"})
    switch(desk, mark_id, on=False)
    for answer in (give(desk, desk.olga_id, "manager", desk.olga), switch(desk, desk.olga_id, on=False)):
        assert (answer.status, answer.code) == (409, "last_manager")
    assert violations(desk.world) == []


def test_the_policy_admins_needs_an_admin_who_can_sign_in(desk: Desk, mark: Person) -> None:
    """R6, R31: also when the only admin's login is switched off in between."""
    assert mark
    with just_before(COMMIT, lambda: switch(desk, desk.olga_id, on=False)):
        answer = desk.ask("PATCH", desk.path, {"managed_by": "admins"})
    assert (answer.status, answer.code) == (409, "no_admin")
    answer = desk.ask("PATCH", desk.path, {"managed_by": "admins"})
    assert (answer.status, answer.code) == (409, "no_admin")
    assert violations(desk.world) == []


def test_the_last_login_is_switched_off_only_with_a_reason(desk: Desk) -> None:
    """R31: the refusal names the accounts, nothing is changed, not even the name that was sent along."""
    world = desk.world
    with world.unchanged():
        for more in ({}, {"dry_run": True}, {"last_name": "Else"}, {"reason": "Because."}):
            answer = switch(desk, desk.olga_id, on=False, **more)
            assert (answer.status, answer.code) == (409, "last_manager")
            assert (answer.json["accounts"], answer.json["accounts_count"]) == (desk.account, 1)
        assert switch(desk, desk.olga_id, on=False, allow_last=True).code == "validation_failed"
    assert switch(desk, desk.olga_id, on=False, **REASON).status == 200
    history = desk.ok("GET", f"/v1/support/customers/{desk.olga_id}/history?type=login_deactivated")
    (event,) = history["data"]
    said = event["data"]
    assert (said["reason"], said["allow_last"], said["leaves_nobody"]) == (REASON["reason"], True, desk.account)
    assert violations(world) == []
    assert switch(desk, desk.olga_id, on=True).status == 200
    assert counters(world, desk.account) == (1, 1, 1)


def test_a_person_whose_login_is_off_can_be_removed(desk: Desk, mark: Person) -> None:
    """R30, R31, I2: they did not count."""
    mark_id = desk.world.id_of(mark)
    switch(desk, mark_id, on=False)
    removed = desk.world.call("DELETE", f"/v1/billing-accounts/{desk.account}/managers/{mark_id}", desk.olga)
    assert removed.status == 204
    assert counters(desk.world, desk.account) == (1, 1, 1)
    assert violations(desk.world) == []


def test_a_grant_to_a_person_whose_login_is_off_does_not_count(desk: Desk) -> None:
    """R31, I2: until it is on; also when it is switched while the grant is written."""
    world = desk.world
    made = desk.ok("POST", "/v1/support/customers", {"email": "n@acme.example", "first_name": "N", "last_name": "N"})
    switch(desk, made["id"], on=False)
    desk.grant("n@acme.example", role="admin")
    assert counters(world, desk.account) == (2, 1, 1)
    other = desk.ok("POST", "/v1/support/customers", {"email": "o@acme.example", "first_name": "O", "last_name": "O"})
    with just_before(COMMIT, lambda: switch(desk, other["id"], on=False)):
        desk.grant("o@acme.example")
    assert counters(world, desk.account) == (3, 1, 1)
    switch(desk, made["id"], on=True)
    assert counters(world, desk.account) == (3, 2, 2)
    assert violations(world) == []


def test_the_nudge_for_a_second_manager_counts_who_can_sign_in(desk: Desk, mark: Person) -> None:
    """R7, R31."""
    path = f"/v1/billing-accounts/{desk.account}"
    assert desk.world.ok("GET", path, desk.olga)["nudge_second_manager"] is False
    switch(desk, desk.world.id_of(mark), on=False)
    assert desk.world.ok("GET", path, desk.olga)["nudge_second_manager"] is True


@pytest.mark.parametrize("first", ["leave", "demote", "other login", "remove"])
def test_of_a_login_switched_off_and_a_manager_leaving_at_once_one_is_refused(
    desk: Desk, mark: Person, first: str
) -> None:
    """I4: the second one is."""
    mark_id, answers = desk.world.id_of(mark), list[Response]()
    rivals = {
        "leave": lambda: answers.append(leave(desk, desk.olga)),
        "demote": lambda: answers.append(give(desk, desk.olga_id, "viewer", desk.olga)),
        "other login": lambda: answers.append(switch(desk, desk.olga_id, on=False)),
        "remove": lambda: answers.append(
            desk.world.call("DELETE", f"/v1/billing-accounts/{desk.account}/managers/{desk.olga_id}", mark)
        ),
    }
    with just_before(COMMIT, rivals[first]):
        answers.append(switch(desk, mark_id, on=False))
    assert [each.status for each in answers] == [{"leave": 204, "remove": 204}.get(first, 200), 409]
    assert answers[1].json["accounts"] == desk.account
    assert violations(desk.world) == []


def test_leaving_while_a_login_is_switched_off_is_refused(desk: Desk, mark: Person) -> None:
    """I4: the other way round."""
    with just_before(COMMIT, lambda: switch(desk, desk.world.id_of(mark), on=False)):
        answer = leave(desk, desk.olga)
    assert (answer.status, answer.code) == (409, "last_manager")
    assert violations(desk.world) == []


def test_an_invitation_sent_while_the_login_is_switched_off_is_not_made(desk: Desk, mark: Person) -> None:
    """R22, I2: nothing of theirs is pending afterwards."""
    with just_before(COMMIT, lambda: switch(desk, desk.world.id_of(mark), on=False)):
        body = {"email": "late@acme.example"}
        answer = desk.world.call("POST", f"/v1/billing-accounts/{desk.account}/invitations", mark, body)
    assert (answer.status, answer.code) == (403, "login_deactivated")
    assert violations(desk.world) == []


@pytest.fixture
def many(desk: Desk, mark: Person, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three accounts of Mark and others, each a transaction of its own when his login is switched."""
    world = desk.world
    monkeypatch.setenv("MEMBERSHIPS_PER_CUSTOMER", "unlimited")
    settings.current.cache_clear()
    monkeypatch.setattr("chalicelib.operations.customers.switch_login._MOST_STEPS", 2)
    account_ids = [desk.account]
    for name in ("one", "two"):
        owner = world.person(f"{name}@beta.example")
        account_ids.append(world.account(owner))
        world.add(owner, account_ids[-1], mark)
        world.set_account(account_ids[-1], sold_to_address=None, bill_to_address=None)
    return account_ids


def test_more_accounts_than_fit_one_transaction_are_switched_too(desk: Desk, mark: Person, many: list[str]) -> None:
    """R31, I2: off and on; what they sent ends everywhere, also what is sent during the switch."""
    mark_id = desk.world.id_of(mark)
    for account in many[:2]:
        desk.world.invite(mark, account, "new@acme.example")
    with just_before(COMMIT, lambda: desk.world.invite(mark, many[0], "late@acme.example"), nth=2):
        assert switch(desk, mark_id, on=False).status == 200
    assert [counters(desk.world, each)[:2] for each in many] == [(2, 1)] * 3
    assert violations(desk.world) == []
    assert switch(desk, mark_id, on=True).status == 200
    assert [counters(desk.world, each)[:2] for each in many] == [(2, 2)] * 3
    assert violations(desk.world) == []


def test_a_switch_refused_half_way_is_rolled_back(desk: Desk, mark: Person, many: list[str]) -> None:
    """R31, I2, I4: a manager leaves the second account after the first has been written."""
    owner, mark_id = desk.world.person("one@beta.example"), desk.world.id_of(mark)

    def rival() -> None:
        desk.world.ok("POST", f"/v1/billing-accounts/{many[1]}/leave", owner)

    with just_before(COMMIT, rival, nth=2):
        answer = switch(desk, mark_id, on=False)
    assert (answer.status, answer.code, answer.json["accounts"]) == (409, "last_manager", many[1])
    assert [counters(desk.world, each)[:2] for each in many] == [(2, 2), (1, 1), (2, 2)]
    assert violations(desk.world) == []


def test_memberships_that_change_during_a_switch_are_handled(desk: Desk, mark: Person, many: list[str]) -> None:
    """R31, I2: one more account, and one less, between the first and the last transaction."""
    world, mark_id = desk.world, desk.world.id_of(mark)
    owner = world.person("three@beta.example")
    fourth = world.account(owner)
    world.set_account(fourth, sold_to_address=None, bill_to_address=None)

    def rival() -> None:
        world.ok("POST", f"/v1/billing-accounts/{many[0]}/leave", mark)
        world.add(owner, fourth, mark)

    with just_before(COMMIT, rival, nth=3):
        assert switch(desk, mark_id, on=False).status == 200
    assert counters(world, fourth)[:2] == (2, 1)
    assert violations(world) == []


@pytest.mark.parametrize("on", [True, False])
def test_a_switch_that_crashed_half_way_is_completed_by_repeating_it(
    desk: Desk, mark: Person, many: list[str], *, on: bool
) -> None:
    """R31, I2: in between the person counts in fewer accounts than they could, never in more."""
    world, mark_id = desk.world, desk.world.id_of(mark)
    meanwhile("Memberships", {"owner": many[0], "member": mark_id}, login_off=True)
    world.set_account(many[0], managing_count=1)
    assert leave(desk, desk.olga).code == "last_manager"
    assert world.invite(mark, many[0], "new@acme.example")["status"] == "pending"
    assert switch(desk, mark_id, on=on).status == 200
    assert [counters(world, each)[1] for each in many] == [2 if on else 1] * 3
    assert violations(world) == []


@pytest.mark.parametrize("how", ["login", "removal"])
def test_a_person_who_becomes_the_last_one_meanwhile_is_named_when_support_removes_them(
    desk: Desk, mark: Person, how: str
) -> None:
    """R31, R63, I4: they were not when it was read; the history says what the account was left with."""
    world, mark_id = desk.world, desk.world.id_of(mark)
    with just_before(COMMIT, lambda: leave(desk, desk.olga)):
        if how == "login":
            answer = switch(desk, mark_id, on=False, **REASON)
        else:
            answer = desk.ask("POST", f"{desk.path}/managers/{mark_id}/remove", REASON)
    assert answer.status == (200 if how == "login" else 204)
    assert counters(world, desk.account)[1] == 0
    assert violations(world) == []


def test_the_last_one_on_an_account_marked_by_a_crashed_switch_is_refused_and_named(
    desk: Desk, mark: Person, many: list[str]
) -> None:
    """R31, I4: nobody counts there any more; without ``allow_last`` the refusal names it, with it the history does."""
    world, mark_id = desk.world, desk.world.id_of(mark)
    world.ok("POST", f"/v1/billing-accounts/{many[1]}/leave", world.person("one@beta.example"))
    meanwhile("Memberships", {"owner": many[1], "member": mark_id}, login_off=True)
    world.set_account(many[1], managing_count=0)
    answer = switch(desk, mark_id, on=False)
    assert (answer.status, answer.code, answer.json["accounts"]) == (409, "last_manager", many[1])
    assert switch(desk, mark_id, on=False, **REASON).status == 200
    assert [counters(world, each)[1] for each in many] == [1, 0, 1]
    assert violations(world) == []


def before_logins_counted(desk: Desk, mark_id: str) -> None:
    """As if an earlier version had written the account and Mark's switched-off login."""
    meanwhile("Customers", {"key": mark_id}, login_activated=False)
    desk.world.set_account(desk.account, logins_counted=None)


def test_an_account_of_an_earlier_version_is_counted_before_it_is_guarded(desk: Desk, mark: Person) -> None:
    """R31, I2: the first manager who would leave is refused correctly, without any command having run."""
    before_logins_counted(desk, desk.world.id_of(mark))
    assert counters(desk.world, desk.account) == (2, 2, 1)
    assert leave(desk, desk.olga).code == "last_manager"
    assert counters(desk.world, desk.account) == (2, 1, 1)
    assert violations(desk.world) == []


def test_the_command_updates_accounts_of_earlier_versions(desk: Desk, mark: Person) -> None:
    """R31, I2: in pages, resumed where it stopped, as often as needed."""
    world = desk.world
    before_logins_counted(desk, world.id_of(mark))
    for number in range(3):
        account = world.account(world.person(f"owner{number}@beta.example"))
        world.set_account(account, logins_counted=None)
    first = next(count(at_most=3))
    rest = list(count(after=first.after))
    assert (rest[-1].after, first.accounts + rest[-1].accounts) == (None, 4)
    assert first.set_right + rest[-1].set_right == 1
    assert all("logins_counted" in it for it in world.items("Accounts") if it["key"]["S"].startswith("acc_"))
    assert violations(world) == []
    assert [each.set_right for each in count()] == [0]
    assert counters(world, desk.account) == (2, 1, 1)


def test_the_desk_tool_switches_the_last_login_off_when_told_to(desk: Desk, terminal: Terminal) -> None:
    """R31: the refusal says how."""
    command = ("login", "off", desk.olga_id, "--ticket", TICKET, "--yes")
    has(terminal.run(*command), "--allow-last", code=1)
    has(terminal.run(*command, "--allow-last", "--reason", "They have left."), "is off")
