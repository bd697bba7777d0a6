"""Revoking an invitation (R19)."""

from typing import Any

import pytest

from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.world import World


def _revoke(world: World, team: Team, invitation_id: str) -> Response:
    return world.call("POST", f"{team.path}/invitations/{invitation_id}/revoke", team.olga)


def test_a_revoked_invitation_is_over_for_everybody(world: World, team: Team) -> None:
    """R19: its link answers ``invitation_revoked``; seat and address are free; a colleague may do it."""
    new = world.person("new@acme.example")
    made = world.invite(team.carl, team.account, new.email)
    token = world.link_token(new.email)
    revoked = _revoke(world, team, made["id"])
    assert revoked.status == 200
    assert revoked.json["status"] == "revoked"
    assert revoked.json["ended_at"]
    with world.unchanged():
        for method, path, who in (("POST", "preview", None), ("POST", "preview", new), ("POST", "accept", new)):
            answer = world.call(method, f"/v1/invitations/{path}", who, {"token": token})
            assert (answer.status, answer.code) == (410, "invitation_revoked")
        assert world.ok("GET", "/v1/me/invitations", new)["data"] == []
        assert world.ok("GET", f"{team.path}/invitations", team.olga)["data"] == []
        assert world.ok("GET", team.path, team.olga)["limits"]["pending_invitations"]["used"] == 0
    assert world.events(team.account)[-1] == "invitation_revoked"


def test_revoking_twice_is_revoking_once(world: World, team: Team) -> None:
    """R19: the second answer is the first, and no second event."""
    made = world.invite(team.olga, team.account, "new@acme.example")
    first = _revoke(world, team, made["id"])
    with world.unchanged():
        again = _revoke(world, team, made["id"])
    assert (again.status, again.json) == (200, first.json)


def test_an_accepted_invitation_cannot_be_revoked(world: World, team: Team) -> None:
    """R19: the refusal says that the manager can be removed instead."""
    new = world.person("new@acme.example")
    made = world.invite(team.olga, team.account, new.email)
    world.ok("POST", "/v1/invitations/accept", new, {"token": world.link_token(new.email)})
    with world.unchanged():
        answer = _revoke(world, team, made["id"])
    assert (answer.status, answer.code) == (409, "invitation_accepted")
    assert "Remove the manager" in answer.json["detail"]


@pytest.mark.parametrize("recorded", [False, True])
def test_an_expired_invitation_can_be_revoked_for_good(world: World, team: Team, *, recorded: bool) -> None:
    """R19, I2: whether or not the expiry was recorded; its seat is returned once."""
    made = world.invite(team.olga, team.account, "new@acme.example", expires_in_days=1)
    with later(days=2):
        if recorded:
            world.set_account(team.account, max_managers=4)
            other = world.invite(team.olga, team.account, "other@acme.example")
            _revoke(world, team, other["id"])
            assert "invitation_expired" in world.events(team.account)
        answer = _revoke(world, team, made["id"])
        assert (answer.status, answer.json["status"]) == (200, "revoked")
        limits: Any = world.ok("GET", team.path, somebody(world, "olga"))["limits"]
    assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (3, 0)
