"""An invitation is only as good as its sender's right to send it, including its role (R17, R22)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.integration.store_fixtures import meanwhile
from tests.invariants import violations
from tests.world import TICKET, Person, World

ROLES = ("viewer", "manager", "admin")


@pytest.fixture
def admin(world: World, team: Team) -> Person:
    """Carl, as an admin."""
    give(world, team, "admin")
    return team.carl


def give(world: World, team: Team, role: str) -> Response:
    """Olga gives Carl that role."""
    return world.call("PATCH", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga, {"role": role})


def let_manage(world: World, team: Team, who: str) -> Response:
    """Support sets who manages."""
    body = {"managed_by": who, "ticket_url": TICKET}
    return world.call("PATCH", f"/v1/support/billing-accounts/{team.account}", world.support(), body)


def make_link(world: World, team: Team, by: Person, role: str) -> Any:
    """A link invitation without an end."""
    return world.ok("POST", f"{team.path}/invitations", by, {"kind": "link", "role": role})


def status_of(world: World, team: Team, invitation_id: str) -> str:
    return str(world.ok("GET", f"{team.path}/invitations/{invitation_id}", team.olga)["status"])


def accept(world: World, token: str, who: Person) -> Response:
    return world.call("POST", "/v1/invitations/accept", who, {"token": token})


def sent_by(world: World, team: Team, by: Person) -> dict[str, str]:
    """One invitation by mail to each role; their ids."""
    return {role: world.invite(by, team.account, f"as.{role}@acme.example", role=role)["id"] for role in ROLES}


def wrong_lists(world: World) -> list[str]:
    """I2 alone; the test changes a role directly, without an event."""
    return [each for each in violations(world) if each.startswith("I2")]


CASES: list[tuple[str, str, set[str]]] = [
    ("managers", "manager", {"admin"}),
    ("managers", "viewer", {"admin", "manager", "viewer"}),
    ("admins", "manager", {"admin", "manager", "viewer"}),
    ("admins", "viewer", {"admin", "manager", "viewer"}),
]


@pytest.mark.parametrize("case", CASES)
def test_a_demotion_ends_invitations_to_roles_that_may_no_longer_be_given(
    world: World, team: Team, admin: Person, case: tuple[str, str, set[str]]
) -> None:
    """R17, I2, I5: at once, each with an event that says why; seats, addresses and the list are freed."""
    policy, to, ends = case
    let_manage(world, team, policy)
    made = sent_by(world, team, admin)
    stays = world.invite(team.olga, team.account, "by.olga@acme.example", role="admin")["id"]
    assert give(world, team, to).status == 200
    assert {role for role, its in made.items() if status_of(world, team, its) == "revoked"} == ends
    assert status_of(world, team, stays) == "pending"
    events = world.ok("GET", f"{team.path}/history?type=invitation_revoked", team.olga)["data"]
    assert {each["subject"] for each in events} == {f"invitation:{made[role]}" for role in ends}
    for role in ends:
        world.invite(team.olga, team.account, f"as.{role}@acme.example", role=role)
    assert violations(world) == []


def test_a_demoted_admins_invitations_let_nobody_in(world: World, team: Team, admin: Person) -> None:
    """R17: by mail, by a link without an end, and from the inbox."""
    invited, anybody = somebody(world, "invited"), somebody(world, "anybody")
    made = world.invite(admin, team.account, invited.email, role="admin")
    mailed, link = world.link_token(invited.email), make_link(world, team, admin, "admin")
    give(world, team, "manager")
    for answer in (
        accept(world, mailed, invited),
        accept(world, link["accept_url"].partition("#")[2], anybody),
        world.call("POST", f"/v1/me/invitations/{made['id']}/accept", invited),
    ):
        assert (answer.status, answer.code) == (410, "invitation_revoked")
    assert world.ok("GET", "/v1/me/invitations", invited)["data"] == []


def test_stepping_down_ends_ones_own_invitations(world: World, team: Team, admin: Person) -> None:
    """R17: whoever changes the role."""
    made = sent_by(world, team, admin)
    world.ok("PATCH", f"{team.path}/managers/{world.id_of(admin)}", admin, {"role": "manager"})
    assert [status_of(world, team, made[role]) for role in ROLES] == ["pending", "pending", "revoked"]


def test_a_promotion_and_the_same_role_end_nothing(world: World, team: Team) -> None:
    """R17: rights that grow."""
    made = world.invite(team.carl, team.account, "new@acme.example")["id"]
    for role in ("manager", "admin"):
        assert give(world, team, role).status == 200
        assert status_of(world, team, made) == "pending"
    assert violations(world) == []


@pytest.mark.parametrize("many", [1, 5])
def test_a_new_policy_ends_what_managers_may_no_longer_give(world: World, team: Team, many: int) -> None:
    """R17, R22, I2, I5: those of managers under ``admins``; admins' and support's stay; back again, none returns."""
    theirs = [world.invite(team.carl, team.account, f"m{each}@acme.example")["id"] for each in range(many)]
    own = world.invite(team.olga, team.account, "o@acme.example")["id"]
    edited = let_manage(world, team, "admins")
    assert edited.status == 200
    assert {status_of(world, team, each) for each in theirs} == {"revoked"}
    assert status_of(world, team, own) == "pending"
    assert edited.json["limits"]["pending_invitations"]["used"] == 1
    assert violations(world) == []
    let_manage(world, team, "managers")
    assert {status_of(world, team, each) for each in theirs} == {"revoked"}


def test_more_invitations_than_fit_one_transaction_end_under_a_new_policy(
    world: World, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R17, I2: the rest right after, each with its event."""
    monkeypatch.setattr("chalicelib.operations.accounts.edit_account._MOST_AT_ONCE", 2)
    theirs = [world.invite(team.carl, team.account, f"m{each}@acme.example")["id"] for each in range(5)]
    let_manage(world, team, "admins")
    assert {status_of(world, team, each) for each in theirs} == {"revoked"}
    assert violations(world) == []


def test_an_invitation_sent_during_the_demotion_does_not_outlive_it(world: World, team: Team, admin: Person) -> None:
    """R17, I2: sent between the reads and the write, by the manager who is being demoted."""
    made: list[str] = []

    def rival() -> None:
        made.append(world.invite(admin, team.account, "late@acme.example", role="admin")["id"])

    with just_before(COMMIT, rival):
        assert give(world, team, "manager").status == 200
    assert status_of(world, team, made[0]) == "revoked"
    assert violations(world) == []


def test_an_invitation_sent_during_the_change_of_policy_does_not_outlive_it(world: World, team: Team) -> None:
    """R17, I2."""
    made: list[str] = []

    def rival() -> None:
        made.append(world.invite(team.carl, team.account, "late@acme.example")["id"])

    with just_before(COMMIT, rival):
        assert let_manage(world, team, "admins").status == 200
    assert status_of(world, team, made[0]) == "revoked"
    assert violations(world) == []


def test_the_rest_of_a_new_policy_is_ended_while_others_end_them_too(
    world: World, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R17, R19, I2, I5: one of the rest is revoked meanwhile: it is read again, and each ends once."""
    monkeypatch.setattr("chalicelib.operations.accounts.edit_account._MOST_AT_ONCE", 2)
    theirs = [world.invite(team.carl, team.account, f"m{each}@acme.example")["id"] for each in range(4)]
    oldest = f"{team.path}/invitations/{theirs[0]}/revoke"
    with just_before(COMMIT, lambda: world.ok("POST", oldest, team.olga), nth=2):
        edited = let_manage(world, team, "admins")
    assert (edited.status, edited.json["limits"]["pending_invitations"]["used"]) == (200, 0)
    assert {status_of(world, team, each) for each in theirs} == {"revoked"}
    assert violations(world) == []


def test_a_policy_that_is_reverted_at_once_ends_nothing_more(
    world: World, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R17: invitations sent under the restored policy stay, however far the first request has got."""
    monkeypatch.setattr("chalicelib.operations.accounts.edit_account._MOST_AT_ONCE", 2)
    for each in range(3):
        world.invite(team.carl, team.account, f"m{each}@acme.example")
    made: list[str] = []

    def rival() -> None:
        assert let_manage(world, team, "managers").status == 200
        made.append(world.invite(team.carl, team.account, "late@acme.example")["id"])

    with just_before(COMMIT, rival, nth=2):
        assert let_manage(world, team, "admins").status == 200
    assert status_of(world, team, made[0]) == "pending"
    assert violations(world) == []


def test_the_invitations_of_an_admin_who_is_demoted_during_the_change_of_policy_end_with_it(
    world: World, team: Team, admin: Person
) -> None:
    """R17, I2: the demotion alone ends nothing that a manager may give, and the policy change has read an admin."""
    made = world.invite(admin, team.account, "new@acme.example")["id"]
    with just_before(COMMIT, lambda: give(world, team, "manager")):
        assert let_manage(world, team, "admins").status == 200
    assert status_of(world, team, made) == "revoked"
    assert violations(world) == []


def test_an_invitation_that_replaces_another_during_the_change_of_policy_ends_with_it(world: World, team: Team) -> None:
    """R17, I2: the number of pending invitations is as read, but they are not the same ones."""
    own = world.invite(team.olga, team.account, "o@acme.example")["id"]
    made: list[str] = []

    def rival() -> None:
        world.ok("POST", f"{team.path}/invitations/{own}/revoke", team.olga)
        made.append(world.invite(team.carl, team.account, "late@acme.example")["id"])

    with just_before(COMMIT, rival):
        assert let_manage(world, team, "admins").status == 200
    assert status_of(world, team, made[0]) == "revoked"
    assert violations(world) == []


def test_a_policy_change_that_crashed_half_way_is_finished_by_repeating_it(
    world: World, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R17, I2: the same request ends the rest, and says how many are pending then."""
    monkeypatch.setattr("chalicelib.operations.accounts.edit_account._MOST_AT_ONCE", 2)
    theirs = [world.invite(team.carl, team.account, f"m{each}@acme.example")["id"] for each in range(5)]
    with monkeypatch.context() as dying:
        dying.setattr("chalicelib.operations.accounts.edit_account._end_the_rest", lambda *_, **_now: 0)
        assert let_manage(world, team, "admins").json["limits"]["pending_invitations"]["used"] == 3
    edited = let_manage(world, team, "admins")
    assert (edited.status, edited.json["limits"]["pending_invitations"]["used"]) == (200, 0)
    assert {status_of(world, team, each) for each in theirs} == {"revoked"}
    assert violations(world) == []


@pytest.mark.parametrize("first", ["demotion", "acceptance"])
def test_a_demotion_during_an_acceptance_has_one_of_two_outcomes(
    world: World, team: Team, admin: Person, first: str
) -> None:
    """R17, I1: accepted before it, the invitee has the role; after it, they are refused."""
    invited = somebody(world, "invited")
    world.invite(admin, team.account, invited.email, role="admin")
    token = world.link_token(invited.email)
    answers: dict[str, Response] = {}

    def demotion() -> None:
        answers["demotion"] = give(world, team, "manager")

    def acceptance() -> None:
        answers["acceptance"] = accept(world, token, invited)

    rival: Callable[[], None] = demotion if first == "demotion" else acceptance
    other = acceptance if first == "demotion" else demotion
    with just_before(COMMIT, rival):
        other()
    assert answers["demotion"].status == 200
    assert answers["acceptance"].status == (410 if first == "demotion" else 201)
    assert violations(world) == []


def test_a_right_lost_between_read_and_write_is_noticed_at_acceptance(world: World, team: Team) -> None:
    """R17: the transaction's condition includes the role; here nothing has ended the invitation."""
    give(world, team, "admin")
    invited = somebody(world, "invited")
    world.invite(team.carl, team.account, invited.email, role="admin")
    token = world.link_token(invited.email)
    carl = {"owner": team.account, "member": world.id_of(team.carl)}
    with just_before(COMMIT, lambda: meanwhile("Memberships", carl, role="manager")):
        answer = accept(world, token, invited)
    assert (answer.status, answer.code) == (410, "invitation_revoked")


def test_a_colleague_who_takes_over_an_invitation_has_it_in_their_list(world: World, team: Team, admin: Person) -> None:
    """R17, R22, I2: its sender may no longer give the role, and a colleague resends it; it is in nobody else's list."""
    made = world.invite(admin, team.account, "new@acme.example", role="admin")["id"]
    carl = {"owner": team.account, "member": world.id_of(admin)}
    meanwhile("Memberships", carl, role="manager")  # without ending it, as if it had slipped through
    world.set_account(team.account, admin_count=1)
    with later(minutes=2):
        olga_later = somebody(world, "olga")
        world.ok("POST", f"{team.path}/invitations/{made}/resend", olga_later, {})
        assert wrong_lists(world) == []
        world.ok("POST", f"{team.path}/invitations/{made}/revoke", olga_later)
        assert wrong_lists(world) == []
    assert [it.get("sent_pending") for it in world.items("Memberships") if it["owner"]["S"] == team.account] == [
        None
    ] * 3
