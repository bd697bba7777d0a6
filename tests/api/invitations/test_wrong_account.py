"""Signed in with the wrong account: what the person sees, and who learns of it (R15)."""

from tests.api.team import Team, later, somebody
from tests.world import World

NEW = "new@acme.example"
ACCEPT = "/v1/invitations/accept"


def test_the_refusal_lets_the_portal_offer_to_switch_accounts(world: World, team: Team) -> None:
    """R15, S1: both addresses masked, in the refusal and in the preview before it."""
    world.invite(team.olga, team.account, NEW)
    token = world.link_token(NEW)
    eve = world.person("eve.mallory@evil.example")
    shown = world.ok("POST", "/v1/invitations/preview", eve, {"token": token})
    assert shown["email_masked"] == "n***@acme.example"
    assert shown["you"] == {"email_masked": "e***@evil.example", "matches": False}
    refused = world.call("POST", ACCEPT, eve, {"token": token})
    assert (refused.status, refused.code) == (403, "email_mismatch")
    assert (refused.json["signed_in_as"], refused.json["invited"]) == ("e***@evil.example", "n***@acme.example")
    assert "mallory" not in refused.text
    assert NEW not in refused.text
    assert world.ok("POST", "/v1/invitations/preview", None, {"token": token})["you"] is None
    right = world.ok("POST", "/v1/invitations/preview", world.person("NEW@Acme.example"), {"token": token})
    assert right["you"] == {"email_masked": "n***@acme.example", "matches": True}


def test_a_failed_attempt_shows_to_those_who_may_see_invitations_and_to_nobody_else(world: World, team: Team) -> None:
    """R6, R15: the code and the time, never who it was; not in the inbox, the preview or the history."""
    made = world.invite(team.olga, team.account, NEW)
    token = world.link_token(NEW)
    events = world.events(team.account)
    world.call("POST", ACCEPT, somebody(world, "eve"), {"token": token})
    path = f"{team.path}/invitations"
    seen = world.ok("GET", f"{path}/{made['id']}", team.carl)["last_accept_error"]
    assert sorted(seen) == ["at", "code"]
    assert seen["code"] == "email_mismatch"
    assert world.ok("GET", path, team.olga)["data"][0]["last_accept_error"] == seen
    assert world.call("GET", path, team.vera).status == 403
    for answer in (
        world.call("POST", "/v1/invitations/preview", None, {"token": token}),
        world.call("GET", "/v1/me/invitations", somebody(world, "new")),
    ):
        assert "accept_error" not in answer.text
        assert "mismatch" not in answer.text
    assert world.events(team.account) == events


def test_resending_clears_the_failed_attempt(world: World, team: Team) -> None:
    """R14, R15: it was about the old link."""
    made = world.invite(team.olga, team.account, NEW)
    token = world.link_token(NEW)
    world.call("POST", ACCEPT, somebody(world, "eve"), {"token": token})
    with later(minutes=2):
        answer = world.ok("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "olga"))
        assert answer["last_accept_error"] is None
        superseded = world.call("POST", ACCEPT, somebody(world, "eve"), {"token": token})
        assert superseded.code == "invitation_superseded"
        assert world.ok("GET", f"{team.path}/invitations/{made['id']}", team.olga)["last_accept_error"] is None


def test_an_attempt_on_an_ended_invitation_is_not_noted(world: World, team: Team) -> None:
    """R15, R19: it would help nobody."""
    made = world.invite(team.olga, team.account, NEW)
    token = world.link_token(NEW)
    world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    with world.unchanged():
        assert world.call("POST", ACCEPT, somebody(world, "eve"), {"token": token}).code == "invitation_revoked"
