"""Joining by one invitation ends the same person's other pending invitation (I2, I3)."""

from typing import Any

import pytest

from tests.api.team import Team, later, somebody
from tests.world import World

NEW = "new@acme.example"


def _link(world: World, team: Team) -> tuple[Any, str]:
    made = world.ok("POST", f"{team.path}/invitations", team.olga, {"kind": "link"})
    return made, made["accept_url"].partition("#")[2]


def _status(world: World, team: Team, invitation: Any) -> str:
    seen = world.ok("GET", f"{team.path}/invitations/{invitation['id']}", world.person(team.olga.email))
    return str(seen["status"])


@pytest.mark.parametrize("inviter", ["carl", "olga"])
def test_a_link_ends_the_mail_invitation_whoever_sent_it(world: World, team: Team, inviter: str) -> None:
    """R12, R35: revoked, with an event that says why; the newcomer gets a welcome and no mail about the other one."""
    sender = {"carl": team.carl, "olga": team.olga}[inviter]
    mailed = world.invite(sender, team.account, NEW)
    world.pipeline.drain()
    world.ses.sent.clear()
    made, token = _link(world, team)
    new = somebody(world, "new")
    new_id = world.ok("POST", "/v1/invitations/accept", new, {"token": token})["customer_id"]
    assert (_status(world, team, made), _status(world, team, mailed)) == ("accepted", "revoked")
    (entry,) = world.ok("GET", f"{team.path}/history?type=invitation_revoked", team.olga)["data"]
    assert (entry["actor"], entry["data"]["because"]) == (f"customer:{new_id}", "invitee_joined")
    limits = world.ok("GET", team.path, team.olga)["limits"]
    assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (4, 0)
    world.pipeline.drain()
    assert [mail.tags["audience"] for mail in world.mails_to(NEW)] == ["person"]
    world.ok("DELETE", f"{team.path}/managers/{new_id}", team.olga)
    assert world.invite(team.olga, team.account, NEW)["status"] == "pending"


def test_joining_needs_no_more_seats_than_the_two_invitations_hold(world: World, team: Team) -> None:
    """R7, R17: on a full account; afterwards one seat is free."""
    world.invite(team.carl, team.account, NEW)
    _, token = _link(world, team)
    world.set_account(team.account, max_managers=5)
    assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": token}).status == 201
    path = f"{team.path}/invitations"
    assert world.call("POST", path, team.olga, {"email": "one@acme.example"}).status == 201
    assert world.call("POST", path, team.olga, {"email": "two@acme.example"}).code == "account_full"


def test_an_overdue_other_invitation_is_expired_and_not_revoked(world: World, team: Team) -> None:
    """I3, R20: the history records what happened."""
    mailed = world.invite(team.carl, team.account, NEW, expires_in_days=1)
    _, token = _link(world, team)
    with later(days=2):
        assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": token}).status == 201
        assert _status(world, team, mailed) == "expired"
    assert world.events(team.account).count("invitation_expired") == 1
    assert "invitation_revoked" not in world.events(team.account)


def test_joining_by_the_new_address_ends_the_invitation_to_the_old_one(world: World, team: Team) -> None:
    """R2, R11: the customer record has another address than the provider now says; both had been invited."""
    kim = world.person("kim@acme.example", sub="dev|kim")
    kim_id = world.add(team.olga, team.account, kim)
    world.ok("POST", f"{team.path}/leave", kim)
    older = world.invite(team.carl, team.account, "kim@acme.example")
    newer = world.invite(team.olga, team.account, "kim@new.example")
    renamed = world.person("kim@new.example", sub="dev|kim")
    accepted = world.call("POST", f"/v1/me/invitations/{newer['id']}/accept", renamed)
    assert (accepted.status, accepted.json["customer_id"]) == (201, kim_id)
    assert (_status(world, team, older), _status(world, team, newer)) == ("revoked", "accepted")
    again = world.call("POST", f"{team.path}/invitations", team.olga, {"email": "kim@acme.example"})
    assert again.code == "already_manager"


def test_a_link_for_somebody_else_ends_nothing(world: World, team: Team) -> None:
    """The counter-example: the invitations of others go on."""
    mailed = world.invite(team.carl, team.account, NEW)
    _, token = _link(world, team)
    assert world.call("POST", "/v1/invitations/accept", somebody(world, "eve"), {"token": token}).status == 201
    assert _status(world, team, mailed) == "pending"
