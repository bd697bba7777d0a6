"""Declining: without a sign-in, with a reason, for good (R18)."""

from datetime import UTC, datetime

import pytest

from tests.api.invitations.aws import run_schedule
from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.invariants import violations
from tests.world import World

NEW = "new@acme.example"


def _decline(world: World, token: str, **more: str) -> Response:
    return world.call("POST", "/v1/invitations/decline", None, {"token": token, **more})


def _invited(world: World, team: Team, **more: object) -> tuple[str, str]:
    """The path and token of an invitation by Carl; the mails it caused are cleared."""
    made = world.invite(team.carl, team.account, NEW, **more)
    token = world.link_token(NEW)
    world.ses.sent.clear()
    return f"{team.path}/invitations/{made['id']}", token


def test_declining_needs_no_sign_in_and_is_told_to_the_inviter_alone(world: World, team: Team) -> None:
    """R18, R35: with the reason, to whoever may see the invitation; its seat becomes free."""
    path, token = _invited(world, team)
    answer = _decline(world, token, reason="  I have\u202e left\r\nthe company.\u0007 ")
    assert (answer.status, answer.json) == (200, {"account_name": "Acme Ltd", "status": "declined"})
    seen = world.ok("GET", path, team.olga)
    assert (seen["status"], seen["decline_reason"]) == ("declined", "I have left\nthe company.")
    assert world.ok("GET", team.path, team.olga)["limits"]["pending_invitations"]["used"] == 0
    world.pipeline.drain()
    (told,) = world.ses.sent
    assert (told.to, told.tags["audience"]) == (team.carl.email, "inviter")
    assert "I have left" in told.text
    assert NEW in told.text
    (entry,) = world.ok("GET", f"{team.path}/history?type=invitation_declined", team.olga)["data"]
    assert (entry["actor"], entry["data"]) == ("invitee", {"was_live": True, "with_reason": True})


def test_declining_again_changes_nothing(world: World, team: Team) -> None:
    """R18: not even the reason."""
    path, token = _invited(world, team)
    first = _decline(world, token, reason="No time.")
    with world.unchanged():
        assert _decline(world, token, reason="Another reason.").json == first.json
        assert _decline(world, token).json == first.json
    assert world.ok("GET", path, team.olga)["decline_reason"] == "No time."


@pytest.mark.parametrize("swept", [False, True])
def test_declining_works_after_expiry(world: World, team: Team, *, swept: bool) -> None:
    """R18, I3: whether or not the schedule has recorded the expiry; the counters are right either way."""
    path, token = _invited(world, team, expires_in_days=1)
    with later(days=2):
        if swept:
            run_schedule(datetime.now(UTC))
        assert _decline(world, token, reason="Too late.").status == 200
        olga = somebody(world, "olga")
        assert world.ok("GET", path, olga)["status"] == "declined"
        limits = world.ok("GET", team.path, olga)["limits"]
        assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (3, 0)
        assert run_schedule(datetime.now(UTC))["expired"] == 0
        assert world.call("POST", f"{path}/resend", olga).code == "invitation_declined"


def test_declining_works_with_an_older_link_too(world: World, team: Team) -> None:
    """R18: any of the links; the newest one is declined with it."""
    path, old = _invited(world, team)
    with later(minutes=2):
        world.ok("POST", f"{path}/resend", somebody(world, "carl"))
        new = world.link_token(NEW)
        assert _decline(world, old).status == 200
        assert world.call("POST", "/v1/invitations/preview", None, {"token": new}).code == "invitation_declined"


@pytest.mark.parametrize("swept", [False, True])
def test_a_link_to_an_address_given_up_declines_nothing(world: World, team: Team, *, swept: bool) -> None:
    """R14, R18, R25: the dead link of a mistyped address does not decline the right person's invitation."""
    path, wrong = _invited(world, team)
    with later(minutes=2):
        world.ok("POST", f"{path}/resend", somebody(world, "carl"), {"email": "right@acme.example"})
        right = world.link_token("right@acme.example")
    with later(days=8 if swept else 0, minutes=4):
        if swept:
            run_schedule(datetime.now(UTC))
        with world.unchanged():
            answer = _decline(world, wrong)
            assert (answer.status, answer.code) == (410, "invitation_superseded")
        assert _decline(world, right).status == 200


def test_declining_with_an_older_link_to_the_new_address_works(world: World, team: Team) -> None:
    """R18: what counts is to whom the link went, not how old it is."""
    path, _ = _invited(world, team)
    with later(minutes=2):
        world.ok("POST", f"{path}/resend", somebody(world, "carl"), {"email": "right@acme.example"})
        older = world.link_token("right@acme.example")
    with later(minutes=4):
        world.ok("POST", f"{path}/resend", somebody(world, "carl"))
        assert _decline(world, older).status == 200


def test_of_accepting_and_declining_the_first_one_counts(world: World, team: Team) -> None:
    """S12, R18: the second gets 410, in either order, by link and from the inbox."""
    new = somebody(world, "new")
    for first, second, code in (("decline", "accept", "declined"), ("accept", "decline", "used")):
        made = world.invite(team.carl, team.account, NEW)
        token = world.link_token(NEW)
        assert world.call("POST", f"/v1/invitations/{first}", new, {"token": token}).status < 300
        with world.unchanged():
            for path, body in (("/v1/invitations", {"token": token}), (f"/v1/me/invitations/{made['id']}", None)):
                answer = world.call("POST", f"{path}/{second}", new, body)
                assert (answer.status, answer.code) == (410, f"invitation_{code}"), path


def test_who_declined_can_be_invited_again_at_once(world: World, team: Team) -> None:
    """R11: a new invitation with a link of its own; the declined one stays declined."""
    path, token = _invited(world, team)
    _decline(world, token)
    world.invite(team.olga, team.account, NEW)
    assert world.link_token(NEW) != token
    assert world.ok("GET", path, team.olga)["status"] == "declined"


@pytest.mark.parametrize("reason", ["x" * 501, 7, ["no"], {"no": "no"}])
def test_a_reason_is_a_text_of_at_most_500_characters(world: World, team: Team, reason: object) -> None:
    """R18, S22, S26: and 500 are fine."""
    _, token = _invited(world, team)
    with world.unchanged():
        answer = world.call("POST", "/v1/invitations/decline", None, {"token": token, "reason": reason})
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "reason")
    assert _decline(world, token, reason="x" * 500).status == 200


def test_an_inviter_who_lost_access_is_not_told_of_a_decline(world: World, team: Team) -> None:
    """R35: an inviter who is now a viewer may not see invitations, so is not told."""
    _, token = _invited(world, team, expires_in_days=1)
    with later(days=2):
        run_schedule(datetime.now(UTC))  # what is pending would end with its sender's right
        world.ok("PATCH", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga, {"role": "viewer"})
        world.pipeline.drain()
        world.ses.sent.clear()
        assert _decline(world, token, reason="No.").status == 200
        world.pipeline.drain()
    assert world.ses.sent == []


@pytest.mark.parametrize("address", [None, "newer@acme.example"], ids=["the same address", "another address"])
def test_declining_a_resent_invitation_frees_everything_it_reserved(
    world: World, team: Team, address: str | None
) -> None:
    """R18, R14, I2, I3: the seat, the address lock and its entry in the sender's list, through the newest link."""
    path, _ = _invited(world, team)
    with later(minutes=2):
        world.ok("POST", f"{path}/resend", team.olga, {"email": address} if address else {})
        token = world.link_token(address or NEW)
        assert _decline(world, token).json["status"] == "declined"
        assert violations(world) == []
        assert world.ok("GET", team.path, team.olga)["limits"]["pending_invitations"]["used"] == 0
        assert world.invite(team.olga, team.account, address or NEW)["status"] == "pending"
        assert violations(world) == []
