"""An account never loses its last manager, nor its last admin where admins manage (R31, I4)."""

import pytest

from tests.api.team import Team, new_team, somebody
from tests.gateway import Response
from tests.world import Person, World


@pytest.fixture
def free_team(world: World, team: Team) -> Team:
    """A team on an account whose contacts manage nothing, so that only the last-manager rule can refuse."""
    world.set_account(team.account, sold_to_address=None, bill_to_address=None)
    return team


def _leave(world: World, team: Team, who: Person) -> Response:
    return world.call("POST", f"{team.path}/leave", who)


def _give(world: World, team: Team, whom: Person, role: str, by: Person) -> Response:
    return world.call("PATCH", f"{team.path}/managers/{world.id_of(whom)}", by, {"role": role})


def _assert_last(world: World, team: Team, who: Person) -> None:
    """The person can neither leave nor remove themselves."""
    with world.unchanged():
        gone = world.call("DELETE", f"{team.path}/managers/{world.id_of(who)}", who)
        for answer in (_leave(world, team, who), gone):
            assert (answer.status, answer.code) == (409, "last_manager")


def test_the_only_manager_can_neither_leave_nor_step_down(world: World) -> None:
    """R31, S23: alone on the account."""
    olga = world.person("olga@acme.example")
    team = Team(world.account(olga, bill_to="b@acme.example"), olga, olga, olga)
    world.id_of(olga)
    _assert_last(world, team, olga)
    with world.unchanged():
        answer = _give(world, team, olga, "viewer", olga)
        assert (answer.status, answer.code) == (409, "last_manager")
    assert _give(world, team, olga, "manager", olga).status == 200


def test_viewers_do_not_count_as_managing(world: World, free_team: Team) -> None:
    """R31: with only a viewer left, the last person who can manage stays; the viewer may go."""
    team = free_team
    assert _leave(world, team, team.carl).status == 204
    _assert_last(world, team, team.olga)
    with world.unchanged():
        answer = _give(world, team, team.olga, "viewer", team.olga)
        assert (answer.status, answer.code) == (409, "last_manager")
    assert _leave(world, team, team.vera).status == 204


def test_two_managers_who_remove_each_other_leave_one(world: World, free_team: Team) -> None:
    """R31, S23: the second attempt is made by a stranger."""
    team = free_team
    assert world.call("DELETE", f"{team.path}/managers/{world.id_of(team.olga)}", team.carl).status == 204
    assert world.call("DELETE", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga).status == 404
    _assert_last(world, team, team.carl)


def test_a_promoted_viewer_lets_the_last_manager_go(world: World, free_team: Team) -> None:
    """R31: the way out that the refusal suggests."""
    team = free_team
    _leave(world, team, team.carl)
    refused = _leave(world, team, team.olga)
    assert "Add another one first" in refused.json["detail"]
    assert _give(world, team, team.vera, "manager", team.olga).status == 200
    assert _leave(world, team, team.olga).status == 204
    _assert_last(world, team, team.vera)


def test_where_admins_manage_the_last_admin_stays(world: World, free_team: Team) -> None:
    """R31: managers do not replace an admin; the role is protected like the membership."""
    team = free_team
    world.set_account(team.account, managed_by="admins")
    _assert_last(world, team, team.olga)
    with world.unchanged():
        for role in ("manager", "viewer"):
            answer = _give(world, team, team.olga, role, team.olga)
            assert (answer.status, answer.code) == (409, "last_manager")
    assert _give(world, team, team.carl, "admin", team.olga).status == 200
    assert _give(world, team, team.olga, "manager", team.carl).status == 200
    _assert_last(world, team, team.carl)
    assert _leave(world, team, team.olga).status == 204


def test_where_managers_manage_the_last_admin_may_go(world: World, free_team: Team) -> None:
    """R31: there a manager is enough."""
    team = free_team
    assert _give(world, team, team.olga, "manager", team.olga).status == 200
    assert _leave(world, team, team.olga).status == 204
    _assert_last(world, team, team.carl)


def test_an_accepted_invitation_counts_at_once_and_a_pending_one_does_not(world: World) -> None:
    """R31: a pending invitation is not a manager yet."""
    team = new_team(world)
    world.set_account(team.account, sold_to_address=None, bill_to_address=None)
    _leave(world, team, team.carl)
    new = somebody(world, "new")
    world.invite(team.olga, team.account, new.email)
    _assert_last(world, team, team.olga)
    world.ok("POST", "/v1/invitations/accept", new, {"token": world.link_token(new.email)})
    assert _leave(world, team, team.olga).status == 204
