"""Invitations by link: one use, for anybody who has the link (R10)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.invitations.aws import run_schedule
from tests.api.team import Team, later, somebody
from tests.environment import PORTAL_URL
from tests.gateway import Response
from tests.world import Person, World


def _made(world: World, team: Team, **more: Any) -> tuple[Any, str]:
    """A link invitation by Carl, and its token."""
    made = world.ok("POST", f"{team.path}/invitations", team.carl, {"kind": "link", **more})
    return made, made["accept_url"].removeprefix(f"{PORTAL_URL}/invitations#")


def _accept(world: World, who: Person, token: str) -> Response:
    return world.call("POST", "/v1/invitations/accept", who, {"token": token})


def test_a_link_is_in_the_answer_that_made_it_and_nowhere_else(world: World, team: Team) -> None:
    """R10, S15, S17: not in a list, the detail, the history, a mail or a table, in whole or in part."""
    made, token = _made(world, team, role="viewer")
    path = f"{team.path}/invitations/{made['id']}"
    payload, mac = token.split(".")
    shown = [
        world.call("GET", url, team.olga).text for url in (path, f"{team.path}/invitations", f"{team.path}/history")
    ]
    shown += [world.call("POST", f"{path}/revoke", team.olga).text, str(world.everything())]
    world.pipeline.drain()
    assert world.ses.sent == []
    for part in (token, payload, mac, mac[:16], "accept_url"):
        assert all(part not in each for each in shown), part
    assert (made["kind"], made["email"], made["role"], made["sent_count"]) == ("link", None, "viewer", 0)
    assert (made["last_sent_at"], made["delivery"]) == (None, None)


def test_a_replay_returns_the_same_link(world: World, team: Team) -> None:
    """R26, S17: the stored first answer has no link; it is derived again, even after the link was used."""
    body, key = {"kind": "link"}, {"Idempotency-Key": "one"}
    path = f"{team.path}/invitations"
    first = world.call("POST", path, team.carl, body, key)
    token = first.json["accept_url"].partition("#")[2]
    assert _accept(world, somebody(world, "new"), token).status == 201
    again = world.call("POST", path, team.carl, body, key)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert world.call("POST", path, team.carl, {**body, "role": "viewer"}, key).code == "idempotency_key_reused"
    other = world.call("POST", path, team.carl, body, {"Idempotency-Key": "two"})
    assert other.json["accept_url"] != first.json["accept_url"]


def test_a_revoked_link_is_dead(world: World, team: Team) -> None:
    """R10, R19: for everybody and everything; nobody is mailed, since it was mailed to nobody."""
    made, token = _made(world, team)
    world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    with world.unchanged():
        for action in ("preview", "accept", "decline", "request-new"):
            answer = world.call("POST", f"/v1/invitations/{action}", somebody(world, "new"), {"token": token})
            assert (answer.status, answer.code) == (410, "invitation_revoked"), action
    world.pipeline.drain()
    assert world.ses.sent == []


@pytest.mark.parametrize(("asked", "days", "status"), [({}, 400, 201), ({"expires_in_days": 30}, 29.9, 201),
                                                       ({"expires_in_days": 30}, 30, 410)])  # fmt: skip
def test_a_link_lasts_as_long_as_was_asked_or_for_ever(
    world: World, team: Team, asked: dict[str, int], days: float, status: int
) -> None:
    """R10: no expiry unless one is given."""
    made, token = _made(world, team, **asked)
    assert (made["expires_at"] is None) == (not asked)
    with later(days=days):
        answer = _accept(world, somebody(world, "new"), token)
        assert (answer.status, answer.code) == (status, "invitation_expired" if status == 410 else None)


@pytest.mark.parametrize(("policy", "told"), [("managers", {"olga", "carl"}), ("admins", {"olga"})])
def test_all_managers_are_told_of_an_acceptance_by_link(world: World, team: Team, policy: str, told: set[str]) -> None:
    """R10, R35: the inviter too, since nobody knew who it would be; not the viewers."""
    made = world.ok("POST", f"{team.path}/invitations", team.olga, {"kind": "link"})
    world.set_account(team.account, managed_by=policy)
    eve = world.person("eve@elsewhere.example", given_name="Eve", family_name="Else")
    assert _accept(world, eve, made["accept_url"].partition("#")[2]).status == 201
    world.pipeline.drain()
    others = {mail.to: mail for mail in world.ses.sent if mail.tags["audience"] == "others"}
    assert set(others) == {f"{name}@acme.example" for name in told}
    assert all("Eve Else" in mail.text and "link" in mail.text.lower() for mail in others.values())
    assert [mail.tags["audience"] for mail in world.mails_to(eve.email)] == ["person"]


def test_a_link_needs_a_verified_address_but_no_particular_one(world: World, team: Team) -> None:
    """R10, R15, S2: anybody who has it; a new customer still needs a verified address."""
    made, token = _made(world, team)
    unverified = world.person("eve@elsewhere.example", email_verified=False)
    with world.unchanged():
        assert _accept(world, unverified, token).code == "email_not_verified"
        shown = world.ok("POST", "/v1/invitations/preview", unverified, {"token": token})
        assert (shown["kind"], shown["email_masked"]) == ("link", None)
    assert _accept(world, world.person("adam@elsewhere.example"), token).status == 201
    assert world.ok("GET", f"{team.path}/invitations/{made['id']}", team.carl)["status"] == "accepted"


def test_a_link_takes_a_seat_but_no_address(world: World, team: Team) -> None:
    """R7, R11: it counts as pending, and any address can still be invited."""
    _made(world, team)
    world.set_account(team.account, max_managers=5)
    assert world.invite(team.carl, team.account, "new@acme.example")["status"] == "pending"
    full = world.call("POST", f"{team.path}/invitations", team.carl, {"kind": "link"})
    assert (full.status, full.code) == (409, "account_full")
    assert world.ok("GET", "/v1/me/invitations", somebody(world, "other"))["data"] == []


@pytest.mark.parametrize("body", [{"kind": "link", "email": "a@acme.example"}, {"kind": "email"}, {"kind": "post"}, {}])
def test_a_link_has_no_address_and_a_mail_has_one(world: World, team: Team, body: dict[str, str]) -> None:
    """R10, S22: nothing is guessed."""
    with world.unchanged():
        answer = world.call("POST", f"{team.path}/invitations", team.carl, body)
        assert (answer.status, answer.code) == (422, "validation_failed")


def test_nobody_makes_a_link_to_a_role_above_their_own(world: World, team: Team) -> None:
    """R6: the link may be used by anybody, its creator included."""
    with world.unchanged():
        body = {"kind": "link", "role": "admin"}
        assert world.call("POST", f"{team.path}/invitations", team.carl, body).code == "forbidden"


def test_a_manager_cannot_use_up_a_link(world: World, team: Team) -> None:
    """R12: it remains usable by somebody else."""
    _, token = _made(world, team)
    with world.unchanged():
        assert _accept(world, team.vera, token).code == "already_manager"
    assert _accept(world, somebody(world, "new"), token).status == 201


@pytest.mark.parametrize("asked_for_new", [False, True])
def test_mails_about_an_expired_link_suggest_a_new_one(world: World, team: Team, *, asked_for_new: bool) -> None:
    """R10, R23, R35: a link cannot be resent, so no mail says so; and no sentence lacks an address."""
    made, token = _made(world, team, expires_in_days=1)
    with later(days=1, minutes=5):
        if asked_for_new:
            world.ok("POST", "/v1/invitations/request-new", None, {"token": token})
        else:
            assert run_schedule(datetime.fromisoformat(made["expires_at"]) + timedelta(minutes=1))["expired"] == 1
        world.pipeline.drain()
    assert {mail.to for mail in world.ses.sent} == (
        {team.olga.email, team.carl.email} if asked_for_new else {team.carl.email}
    )
    for mail in world.ses.sent:
        assert "make a new link" in mail.text
        assert "make a new link" in mail.html
        assert "again" not in mail.text
