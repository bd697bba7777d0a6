"""The holder of an expired link requests a new one (R23)."""

from datetime import UTC, datetime

import pytest

from tests.api.invitations.aws import run_schedule
from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.world import World

NEW = "new@acme.example"


def _ask(world: World, token: str) -> Response:
    return world.call("POST", "/v1/invitations/request-new", None, {"token": token})


def _token(world: World, team: Team) -> str:
    """Of an invitation of Carl's that is good for a day."""
    world.invite(team.carl, team.account, NEW, expires_in_days=1)
    return world.link_token(NEW)


def test_a_link_that_still_works_needs_no_new_one(world: World, team: Team) -> None:
    """R23: 409 until it has expired."""
    token = _token(world, team)
    with world.unchanged():
        answer = _ask(world, token)
        assert (answer.status, answer.code) == (409, "invitation_still_valid")


@pytest.mark.parametrize(("policy", "told"), [("managers", {"olga", "carl"}), ("admins", {"olga"})])
@pytest.mark.parametrize("swept", [False, True])
def test_the_request_is_told_to_those_who_may_invite(
    world: World, team: Team, policy: str, told: set[str], *, swept: bool
) -> None:
    """R23, R35: with the address, which they may see; the person who asked learns nothing about the account."""
    token = _token(world, team)
    world.set_account(team.account, managed_by=policy)
    with later(days=2):
        if swept:
            run_schedule(datetime.now(UTC))
            world.pipeline.drain()
        world.ses.sent.clear()
        answer = _ask(world, token)
        assert (answer.status, answer.json) == (202, {"status": "requested"})
        world.pipeline.drain()
        assert {mail.to for mail in world.ses.sent} == {f"{name}@acme.example" for name in told}
        assert all(NEW in mail.text for mail in world.ses.sent)
        assert all(token not in mail.text + mail.html for mail in world.ses.sent)


def test_it_can_be_requested_once_a_day(world: World, team: Team) -> None:
    """R23, R24: Retry-After is right, and after it the same request works."""
    token = _token(world, team)
    with later(days=2):
        assert _ask(world, token).status == 202
    with later(days=2, hours=5), world.unchanged():
        again = _ask(world, token)
        assert (again.status, again.code) == (429, "rate_limited")
        wait = int(again.headers["Retry-After"])
        assert 18.9 * 3600 < wait <= 19 * 3600
    with later(days=2, hours=5, seconds=wait + 1):
        assert _ask(world, token).status == 202
    assert world.events(team.account).count("invitation_new_requested") == 2


def test_a_renewed_invitation_can_be_requested_again_after_it_has_expired(world: World, team: Team) -> None:
    """R14, R23: the day counts per link; the previous one is superseded."""
    made = world.invite(team.olga, team.account, NEW, expires_in_days=1)
    old = world.link_token(NEW)
    with later(days=1.5):
        assert _ask(world, old).status == 202
        world.ok("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "olga"))
        new = world.link_token(NEW)
        assert _ask(world, old).code == "invitation_superseded"
        assert _ask(world, new).code == "invitation_still_valid"
        mails = len(world.ses.sent)
    with later(days=2.6):
        assert _ask(world, new).status == 202
        world.pipeline.drain()
        assert len(world.ses.sent) > mails


def test_no_mail_about_a_request_that_was_met_meanwhile(world: World, team: Team) -> None:
    """R35: renewed before the mail went out, only the invitee gets one."""
    made = world.invite(team.olga, team.account, NEW, expires_in_days=1)
    token = world.link_token(NEW)
    with later(days=2):
        assert _ask(world, token).status == 202
        world.ok("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "carl"))
        world.ses.sent.clear()
        world.pipeline.drain()
        assert [mail.to for mail in world.ses.sent] == [NEW]


def test_an_expired_link_invitation_can_be_requested_too(world: World, team: Team) -> None:
    """R10, R23: there is no address to name."""
    made = world.ok("POST", f"{team.path}/invitations", team.olga, {"kind": "link", "expires_in_days": 1})
    with later(days=2):
        assert _ask(world, made["accept_url"].partition("#")[2]).status == 202
        world.pipeline.drain()
        assert {mail.to for mail in world.ses.sent} == {team.olga.email, team.carl.email}


@pytest.mark.parametrize("end", ["declined", "revoked", "used"])
def test_an_invitation_that_ended_for_good_cannot_be_requested(world: World, team: Team, end: str) -> None:
    """R23: 410 with how it ended."""
    made = world.invite(team.olga, team.account, NEW)
    token = world.link_token(NEW)
    if end == "revoked":
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    else:
        action = "decline" if end == "declined" else "accept"
        world.ok("POST", f"/v1/invitations/{action}", somebody(world, "new"), {"token": token})
    with later(days=30), world.unchanged():
        answer = _ask(world, token)
        assert (answer.status, answer.code) == (410, f"invitation_{end}")
