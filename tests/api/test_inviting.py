"""Inviting by email: what the answer has, how long it is valid, who cannot be invited (R10-R13)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.world import World


def test_an_invitation_is_returned_as_it_was_made(world: World, team: Team) -> None:
    """R10: pending, one mail queued, named by a Location; no token and no link in it."""
    body = {"email": "new@acme.example", "role": "viewer", "message": "Welcome.", "locale": "de-AT"}
    answer = world.call("POST", f"{team.path}/invitations", team.carl, body)
    assert answer.status == 201
    made = answer.json
    assert answer.headers["Location"] == f"{team.path}/invitations/{made['id']}"
    assert made == {
        "id": made["id"],
        "account_id": team.account,
        "kind": "email",
        "email": "new@acme.example",
        "role": "viewer",
        "status": "pending",
        "created_at": made["created_at"],
        "expires_at": made["expires_at"],
        "invited_by": {"id": world.id_of(team.carl), "first_name": "Carl", "last_name": "Tester"},
        "message": "Welcome.",
        "sent_count": 1,
        "last_sent_at": made["created_at"],
        "delivery": {"state": "queued", "at": made["created_at"], "reason": None},
        "last_accept_error": None,
        "ended_at": None,
        "decline_reason": None,
        "accept_url": None,
    }
    del made["accept_url"]
    assert world.ok("GET", answer.headers["Location"], team.olga) == made
    world.pipeline.drain()
    sent = world.ok("GET", answer.headers["Location"], team.olga)["delivery"]
    assert (sent["state"], sent["reason"]) == ("sent", None)


@pytest.mark.parametrize(("asked", "days"), [({}, 7), ({"expires_in_days": None}, 7), ({"expires_in_days": 1}, 1),
                                             ({"expires_in_days": 30}, 30), ({"expires_in_days": 8.0}, 8)])  # fmt: skip
def test_an_invitation_is_valid_for_7_days_or_as_many_as_requested(
    world: World, team: Team, asked: dict[str, Any], days: int
) -> None:
    """R10: from 1 to 30."""
    made = world.invite(team.olga, team.account, "new@acme.example", **asked)
    created, expires = (datetime.fromisoformat(made[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(days=days)
    assert made["created_at"].endswith("Z")
    assert created.utcoffset() == timedelta(0)


def test_another_number_of_days_is_refused(world: World, team: Team) -> None:
    """R10: outside 1 to 30, or not a whole number."""
    with world.unchanged():
        for days in (0, 31, -1, 7.5, "7", True, [7], 10**20):
            body = {"email": "new@acme.example", "expires_in_days": days}
            answer = world.call("POST", f"{team.path}/invitations", team.olga, body)
            assert (answer.status, answer.code) == (422, "validation_failed"), days


def test_an_address_has_one_live_invitation_on_an_account(world: World, team: Team) -> None:
    """R11: the second is refused with the id of the first, whoever asks; another account is independent."""
    first = world.invite(team.olga, team.account, "new@acme.example")
    with world.unchanged():
        answer = world.call("POST", f"{team.path}/invitations", team.carl, {"email": "new@acme.example"})
    assert (answer.status, answer.code) == (409, "already_invited")
    assert answer.json["invitation_id"] == first["id"]
    otto = world.person("otto@beta.example")
    assert world.invite(otto, world.account(otto), "new@acme.example")["status"] == "pending"


@pytest.mark.parametrize("end", ["revoked", "expired", "expired on a full account", "removed", "left"])
def test_after_an_end_the_address_can_be_invited_again_at_once(world: World, team: Team, end: str) -> None:
    """R11, I3: after revocation, after expiry (recorded or not), after the person has left."""
    new = somebody(world, "new")
    first = world.invite(team.olga, team.account, new.email, expires_in_days=1)
    days = 0
    if end == "revoked":
        world.ok("POST", f"{team.path}/invitations/{first['id']}/revoke", team.carl)
    elif end.startswith("expired"):
        days = 2
    else:
        token = world.link_token(new.email)
        new_id = world.ok("POST", "/v1/invitations/accept", new, {"token": token})["customer_id"]
        path, who = (f"{team.path}/managers/{new_id}", team.olga) if end == "removed" else (f"{team.path}/leave", new)
        assert world.call("DELETE" if end == "removed" else "POST", path, who).status == 204
    with later(days=days):
        if end.endswith("full account"):
            world.set_account(team.account, max_managers=4)  # every seat is taken; the overdue one returns its seat
        again = world.invite(team.olga, team.account, new.email)
        assert again["id"] != first["id"]
        account = world.ok("GET", team.path, team.olga)["limits"]
        assert (account["managers"]["used"], account["pending_invitations"]["used"]) == (3, 1)
        assert world.call("POST", "/v1/invitations/accept", new, {"token": world.link_token(new.email)}).status == 201


def test_a_manager_of_the_account_cannot_be_invited_to_it(world: World, team: Team) -> None:
    """R12: oneself, a colleague, a viewer; the answer reveals no more than that."""
    with world.unchanged():
        for who in (team.olga, team.carl, team.vera):
            answer = world.call("POST", f"{team.path}/invitations", team.carl, {"email": who.email.upper()})
            assert (answer.status, answer.code) == (409, "already_manager")
            assert set(answer.json) == {"type", "title", "status", "code", "detail", "request_id"}


def test_nobody_invites_to_a_role_above_their_own(world: World, team: Team) -> None:
    """R6: a manager makes no admins; an admin does."""
    body = {"email": "new@acme.example", "role": "admin"}
    with world.unchanged():
        answer = world.call("POST", f"{team.path}/invitations", team.carl, body)
        assert (answer.status, answer.code) == (403, "forbidden")
    assert world.call("POST", f"{team.path}/invitations", team.olga, body).json["role"] == "admin"


def test_the_answer_does_not_tell_whether_the_address_is_known(world: World, team: Team) -> None:
    """R13, S5: unknown, imported, signed in, manager elsewhere, switched off: same status, headers, keys and cost."""
    otto, gone = world.person("otto@beta.example"), world.person("gone@gamma.example")
    world.account(otto)
    world.account(world.person("imported@delta.example"))
    world.account(gone)
    world.set_customer(world.id_of(gone), login_activated=False)
    world.id_of(otto)
    seen = {}
    for email in ("unknown@acme.example", "imported@delta.example", otto.email, gone.email):
        with world.calls_to_dynamodb() as calls:
            answer = world.call("POST", f"{team.path}/invitations", team.carl, {"email": email})
        seen[email] = (_shape(answer, email), tuple(calls))
    assert len(set(seen.values())) == 1, seen
    world.pipeline.drain()
    assert sorted(mail.to for mail in world.ses.sent) == sorted(seen)
    assert len({mail.text.partition("/invitations#")[0].replace(mail.to, "") for mail in world.ses.sent}) == 1


def _shape(answer: Response, email: str) -> str:
    """An answer without what differs between any two invitations."""
    made = answer.json
    text = f"{answer.status} {answer.text} {sorted(answer.headers.items())}"
    for own in (made["id"], email, made["created_at"], made["expires_at"], answer.headers["X-Request-Id"]):
        text = text.replace(own, "*")
    return text
