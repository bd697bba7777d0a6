"""Resending: a new link, a new expiry, and the older links stop working (R14)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.invitations.aws import run_schedule, tell
from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.invariants import violations
from tests.world import World

NEW = "new@acme.example"


def _resend(world: World, team: Team, invitation_id: str, **body: str) -> Response:
    return world.call("POST", f"{team.path}/invitations/{invitation_id}/resend", team.olga, body)


def test_every_older_link_is_superseded(world: World, team: Team) -> None:
    """R14: for preview, accept and request-new, with the date of the newest mail; the newest link works."""
    made = world.invite(team.olga, team.account, NEW, expires_in_days=2)
    links = [world.link_token(NEW)]
    for minutes in (2, 4):
        with later(minutes=minutes):
            newest = _resend(world, team, made["id"]).json
            links.append(world.link_token(NEW))
    *old, new = links
    assert len({*links}) == 3
    with later(minutes=5), world.unchanged():
        for token in old:
            for action in ("preview", "accept", "request-new"):
                answer = world.call("POST", f"/v1/invitations/{action}", somebody(world, "new"), {"token": token})
                assert (answer.status, answer.code) == (410, "invitation_superseded"), action
                assert answer.json["newer_sent_at"] == newest["last_sent_at"]
    with later(minutes=5):
        assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": new}).status == 201


def test_resending_before_the_first_mail_went_out_sends_one_mail(world: World, team: Team) -> None:
    """R14, R35: the mail with the dead link is not sent; nobody but the invitee gets one."""
    made = world.invite(team.olga, team.account, NEW, locale="de")
    with later(minutes=2):
        assert _resend(world, team, made["id"]).json["delivery"]["state"] == "queued"
        token = world.link_token(NEW)
        assert [mail.to for mail in world.ses.sent] == [NEW]
        assert "Einladung" in world.ses.sent[0].subject + world.ses.sent[0].text
        assert world.call("POST", "/v1/invitations/preview", None, {"token": token}).status == 200


@pytest.mark.parametrize("swept", [False, True])
def test_an_expired_invitation_is_renewed(world: World, team: Team, *, swept: bool) -> None:
    """R14, R20: for the length it had at first, with a seat again; whether or not the expiry was recorded."""
    made = world.invite(team.carl, team.account, NEW, expires_in_days=3)
    with later(days=4):
        if swept:
            assert run_schedule(datetime.now(UTC))["expired"] == 1
        answer = _resend(world, team, made["id"])
        assert answer.status == 200
        renewed = answer.json
        assert (renewed["status"], renewed["ended_at"], renewed["sent_count"]) == ("pending", None, 2)
        left = datetime.fromisoformat(renewed["expires_at"]) - datetime.fromisoformat(renewed["last_sent_at"])
        assert left.days == 3
        limits = world.ok("GET", team.path, somebody(world, "olga"))["limits"]
        assert limits["pending_invitations"]["used"] == 1
        token = world.link_token(NEW)
        assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": token}).status == 201
    assert world.events(team.account).count("invitation_expired") == 1


@pytest.mark.parametrize(
    ("obstacle", "code"),
    [("seat", "account_full"), ("address", "already_invited"), ("manager", "already_manager"),
     ("closed", "account_closed")],
)  # fmt: skip
def test_renewing_needs_what_a_new_invitation_needs(world: World, team: Team, obstacle: str, code: str) -> None:
    """R7, R11, R12, R14: an expired one no longer holds a seat or an address."""
    made = world.invite(team.olga, team.account, NEW, expires_in_days=1)
    with later(days=2):
        if obstacle == "address":
            world.invite(team.olga, team.account, NEW)
        if obstacle == "manager":
            world.join(team.olga, team.account, somebody(world, "new"))
        run_schedule(datetime.now(UTC))
        if obstacle == "seat":
            world.set_account(team.account, max_managers=3)
        if obstacle == "closed":
            world.set_account(team.account, status="closed")
        with world.unchanged():
            answer = _resend(world, team, made["id"])
            assert (answer.status, answer.code) == (409, code)


def test_a_typo_is_corrected_by_resending_to_another_address(world: World, team: Team) -> None:
    """R14, R25: the first address is free again and its link dead; the owner of the new address accepts."""
    made = world.invite(team.olga, team.account, "nwe@acme.example")
    old = world.link_token("nwe@acme.example")
    with later(minutes=2):
        changed = _resend(world, team, made["id"], email="New@ACME.example").json
        assert (changed["id"], changed["email"]) == (made["id"], NEW)
        assert world.ok("GET", "/v1/me/invitations", world.person("nwe@acme.example"))["data"] == []
        assert world.call("POST", "/v1/invitations/preview", None, {"token": old}).code == "invitation_superseded"
        assert world.invite(team.carl, team.account, "nwe@acme.example")["status"] == "pending"
        token = world.link_token(NEW)
        assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": token}).status == 201
    entry = world.ok("GET", f"{team.path}/history?type=invitation_resent", team.olga)["data"][0]
    assert entry["data"]["address_changed"] is True
    assert "@" not in str(entry)


def test_another_address_must_be_free(world: World, team: Team) -> None:
    """R11, R12: neither a pending invitee nor a manager; and nothing changes."""
    made = world.invite(team.olga, team.account, NEW)
    other = world.invite(team.olga, team.account, "other@acme.example")
    with later(minutes=2), world.unchanged():
        invited = _resend(world, team, made["id"], email="other@acme.example")
        assert (invited.code, invited.json["invitation_id"]) == ("already_invited", other["id"])
        assert _resend(world, team, made["id"], email=team.vera.email).code == "already_manager"


def _accepted(world: World, _team: Team, _invitation: Any) -> None:
    world.ok("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": world.link_token(NEW)})


def _declined(world: World, _team: Team, _invitation: Any) -> None:
    world.ok("POST", "/v1/invitations/decline", None, {"token": world.link_token(NEW)})


def _revoked(world: World, team: Team, invitation: Any) -> None:
    world.ok("POST", f"{team.path}/invitations/{invitation['id']}/revoke", team.carl)


@pytest.mark.parametrize(("end", "code"), [(_accepted, "invitation_accepted"), (_declined, "invitation_declined"),
                                           (_revoked, "invitation_revoked")])  # fmt: skip
def test_an_invitation_that_ended_for_good_cannot_be_resent(
    world: World, team: Team, end: Callable[[World, Team, Any], None], code: str
) -> None:
    """R14: not to another address either."""
    made = world.invite(team.olga, team.account, NEW)
    end(world, team, made)
    with later(minutes=2), world.unchanged():
        for body in ({}, {"email": "other@acme.example"}):
            answer = _resend(world, team, made["id"], **body)
            assert (answer.status, answer.code) == (409, code)


def test_resending_takes_a_role_not_below_the_invitation(world: World, team: Team) -> None:
    """R6: a new address could be anybody."""
    made = world.invite(team.olga, team.account, NEW, role="admin")
    with later(minutes=2), world.unchanged():
        path = f"{team.path}/invitations/{made['id']}/resend"
        assert world.call("POST", path, team.carl, {"email": "carl+2@acme.example"}).code == "forbidden"
        assert world.call("POST", path, team.vera).code == "forbidden"


def test_the_sender_of_a_pending_invitation_stays_the_same(world: World, team: Team) -> None:
    """R17, R22: their right still holds, or the invitation would have ended."""
    made = world.invite(team.carl, team.account, NEW)
    with later(minutes=2):
        assert _resend(world, team, made["id"]).json["invited_by"]["first_name"] == "Carl"
        token = world.link_token(NEW)
        assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": token}).status == 201


def test_the_person_who_renews_an_expired_invitation_becomes_its_sender(world: World, team: Team) -> None:
    """R17: also when the first sender may no longer invite; it can be accepted."""
    made = world.invite(team.carl, team.account, NEW, expires_in_days=1)
    with later(days=2):
        assert run_schedule(datetime.now(UTC))["expired"] == 1  # what is pending would end with its sender's right
        world.ok("PATCH", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga, {"role": "viewer"})
        assert _resend(world, team, made["id"]).json["invited_by"]["first_name"] == "Olga"
        token = world.link_token(NEW)
        assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": token}).status == 201


def test_nothing_is_resent_to_a_mailbox_that_bounced(world: World, team: Team) -> None:
    """R25: whichever invitation bounced, until the address is changed to one that works."""
    made = world.invite(team.olga, team.account, NEW)
    world.pipeline.drain()
    tell("bounce-permanent", world.mails_to(NEW)[0].tags)
    second = world.invite(team.olga, team.account, "fine@acme.example")
    with later(minutes=2):
        with world.unchanged():
            for invitation, body in ((made, {}), (made, {"email": NEW}), (second, {"email": NEW})):
                answer = _resend(world, team, invitation["id"], **body)
                assert (answer.status, answer.code) == (409, "recipient_suppressed")
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
        third = world.invite(team.olga, team.account, NEW)
        world.pipeline.drain()
        seen = world.ok("GET", f"{team.path}/invitations/{third['id']}", team.olga)["delivery"]
        assert (seen["state"], seen["reason"]) == ("failed", "suppressed")
    with later(minutes=4):
        assert _resend(world, team, third["id"]).code == "recipient_suppressed"
        assert _resend(world, team, third["id"], email="works@acme.example").status == 200
        assert world.link_token("works@acme.example")
    assert len(world.mails_to(NEW)) == 1


def test_an_invitation_that_bounced_itself_goes_to_the_corrected_address(world: World, team: Team) -> None:
    """R25, R14: its delivery state is reset, and late feedback on the first mail changes nothing."""
    made = world.invite(team.olga, team.account, "nwe@acme.example")
    world.pipeline.drain()
    (first,) = world.mails_to("nwe@acme.example")
    tell("bounce-permanent", first.tags)
    path = f"{team.path}/invitations/{made['id']}"
    assert world.ok("GET", path, team.olga)["delivery"]["state"] == "bounced"
    with later(minutes=2):
        assert _resend(world, team, made["id"], email=NEW).json["delivery"]["state"] == "queued"
        token = world.link_token(NEW)
        tell("bounce-permanent", first.tags)
        seen = world.ok("GET", path, team.olga)
        assert (seen["email"], seen["delivery"]["state"], seen["delivery"]["reason"]) == (NEW, "sent", None)
        assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": token}).status == 201
    assert violations(world) == []


def test_replaying_the_invitation_request_gives_the_first_answer(world: World, team: Team) -> None:
    """R26: also after somebody else took the invitation over and resent it to another address."""
    path, key = f"{team.path}/invitations", {"Idempotency-Key": "one"}
    body = {"email": "nwe@acme.example", "message": "Hello.", "expires_in_days": 1}
    first = world.call("POST", path, team.carl, body, key)
    with later(hours=23):
        run_schedule(datetime.now(UTC) + timedelta(hours=2))
        world.ok("PATCH", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga, {"role": "viewer"})
        changed = _resend(world, team, first.json["id"], email=NEW).json
        assert (changed["email"], changed["invited_by"]["first_name"]) == (NEW, "Olga")
        world.ok("PATCH", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga, {"role": "manager"})
        with world.unchanged():
            again = world.call("POST", path, team.carl, body, key)
            assert (again.status, again.json) == (201, first.json)
