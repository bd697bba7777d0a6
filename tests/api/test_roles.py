"""Giving roles: by whom, to whom, from when (R6)."""

from itertools import product

import pytest

from tests.api.team import Team, somebody
from tests.gateway import Response
from tests.world import Person, World

ROLES = ("viewer", "manager", "admin")


def _give(world: World, team: Team, whom: Person, role: str, by: Person) -> Response:
    return world.call("PATCH", f"{team.path}/managers/{world.id_of(whom)}", by, {"role": role})


def test_a_new_role_counts_from_the_next_request(world: World, team: Team) -> None:
    """R6: up and down, for a person who is signed in all the time."""
    body = {"email": "new@acme.example"}
    assert world.call("POST", f"{team.path}/invitations", team.vera, body).status == 403
    given = _give(world, team, team.vera, "manager", team.olga)
    assert given.status == 200
    assert (given.json["id"], given.json["role"]) == (world.id_of(team.vera), "manager")
    assert world.ok("GET", team.path, team.vera)["my_role"] == "manager"
    assert world.call("POST", f"{team.path}/invitations", team.vera, body).status == 201
    assert _give(world, team, team.vera, "viewer", team.olga).json["role"] == "viewer"
    assert world.call("GET", f"{team.path}/invitations", team.vera).status == 403


def test_a_change_of_role_is_an_event_and_no_change_is_none(world: World, team: Team) -> None:
    """R40: with the role before and after."""
    with world.unchanged():
        same = _give(world, team, team.carl, "manager", team.olga)
        assert (same.status, same.json["role"]) == (200, "manager")
    _give(world, team, team.carl, "admin", team.olga)
    newest = world.ok("GET", f"{team.path}/history?limit=1", team.olga)["data"][0]
    assert newest["type"] == "role_changed"
    assert newest["subject"] == f"manager:{world.id_of(team.carl)}"
    assert (newest["data"]["role_before"], newest["data"]["role_after"]) == ("manager", "admin")


@pytest.mark.parametrize("by", ROLES)
def test_nobody_gives_or_takes_a_role_above_their_own(world: World, team: Team, by: str) -> None:
    """R6: whatever roles are involved; viewers give none at all."""
    actor = {"viewer": team.vera, "manager": team.carl, "admin": team.olga}[by]
    target = somebody(world, "target")
    world.join(team.olga, team.account, target)
    rank = ROLES.index
    for whose, given in product(ROLES, ROLES):
        assert _give(world, team, target, whose, team.olga).status == 200
        answer = _give(world, team, target, given, actor)
        allowed = by != "viewer" and rank(given) <= rank(by) and rank(whose) <= rank(by)
        assert (answer.status, answer.code) == ((200, None) if allowed else (403, "forbidden")), f"{whose} to {given}"
        assert world.ok("GET", team.path, target)["my_role"] == (given if allowed else whose)


def test_nobody_promotes_themselves(world: World, team: Team) -> None:
    """R6: stepping down is possible, stepping up again is not."""
    with world.unchanged():
        assert _give(world, team, team.carl, "admin", team.carl).code == "forbidden"
        assert _give(world, team, team.vera, "manager", team.vera).code == "forbidden"
    assert _give(world, team, team.carl, "viewer", team.carl).status == 200
    assert _give(world, team, team.carl, "manager", team.carl).code == "forbidden"


def test_a_role_is_for_a_manager_of_the_account(world: World, team: Team) -> None:
    """R6: giving a role makes nobody a manager."""
    otto = world.person("otto@beta.example")
    world.account(otto)
    world.id_of(otto)
    with world.unchanged():
        assert _give(world, team, otto, "manager", team.olga).code == "manager_not_found"
        unknown = world.call("PATCH", f"{team.path}/managers/cus_1", team.olga, {"role": "viewer"})
        assert (unknown.status, unknown.code) == (404, "manager_not_found")
