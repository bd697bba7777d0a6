"""Repeating a request with its Idempotency-Key repeats its answer (R26)."""

from typing import Any

import pytest

from tests.api.team import Team, later
from tests.gateway import Response
from tests.world import Person, World

BODY = {"email": "new@acme.example", "role": "viewer", "message": "Hello."}


def _post(world: World, team: Team, key: str, body: Any = None, *, by: Person | None = None) -> Response:
    return world.call("POST", f"{team.path}/invitations", by or team.olga, body or BODY, {"Idempotency-Key": key})


def _told(response: Response) -> tuple[int, str, str]:
    """The parts of an answer that a replay has to repeat."""
    return response.status, response.text, response.headers["Location"]


def test_the_same_key_and_body_repeat_the_first_answer(world: World, team: Team) -> None:
    """R26: byte for byte, marked as a replay, and nothing happens again: one event, one mail, one seat."""
    first = _post(world, team, "key-1")
    assert first.status == 201
    assert "Idempotency-Replayed" not in first.headers
    with world.unchanged():
        for _ in range(3):
            again = _post(world, team, "key-1")
            assert _told(again) == _told(first)
            assert again.headers["Idempotency-Replayed"] == "true"
    world.pipeline.drain()
    assert [mail.to for mail in world.ses.sent] == ["new@acme.example"]


def _attempted(world: World, _team: Team, token: str) -> None:
    eve = world.person("eve@evil.example")
    assert world.call("POST", "/v1/invitations/accept", eve, {"token": token}).status == 403


def _accepted(world: World, _team: Team, token: str) -> None:
    world.ok("POST", "/v1/invitations/accept", world.person(BODY["email"]), {"token": token})


def _revoked(world: World, team: Team, _token: str) -> None:
    (pending,) = world.ok("GET", f"{team.path}/invitations", team.carl)["data"]
    world.ok("POST", f"{team.path}/invitations/{pending['id']}/revoke", team.carl)


def _filled(world: World, team: Team, _token: str) -> None:
    world.set_account(team.account, max_managers=1)


SINCE = {"nothing but the mail": None, "an attempt": _attempted, "an acceptance": _accepted,
         "a revocation": _revoked, "a lowered bound": _filled}  # fmt: skip


@pytest.mark.parametrize("since", SINCE)
def test_a_replay_gives_the_first_answer_whatever_has_happened_since(world: World, team: Team, since: str) -> None:
    """R26: also after the mail was sent, and when the same request would now be refused."""
    first = _post(world, team, "key-1")
    token = world.link_token(BODY["email"])
    happens = SINCE[since]
    if happens is not None:
        happens(world, team, token)
    with world.unchanged():
        again = _post(world, team, "key-1")
    assert _told(again) == _told(first)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_request_under_the_same_key_is_refused(world: World, team: Team) -> None:
    """R26: another body, another account; how the same body is written makes no difference."""
    first = _post(world, team, "key-1")
    second = world.account(world.person("otto@beta.example"))
    with world.unchanged():
        for change in ({"email": "x@acme.example"}, {"role": "manager"}, {"message": None}, {"expires_in_days": 7}):
            answer = _post(world, team, "key-1", {**BODY, **change})
            assert (answer.status, answer.code) == (422, "idempotency_key_reused"), change
        same = {"message": "Hello.", "locale": None, "kind": "email", "role": "viewer", "email": " NEW@acme.example"}
        assert _told(_post(world, team, "key-1", same)) == _told(first)
        elsewhere = f"/v1/billing-accounts/{second}/invitations"
        foreign = world.call("POST", elsewhere, team.olga, BODY, {"Idempotency-Key": "key-1"})
        assert (foreign.status, foreign.code) == (404, "account_not_found")


def test_a_key_belongs_to_its_caller(world: World, team: Team) -> None:
    """R26, I8: an equal key of another caller is another key; they do not see what the first one made."""
    first = _post(world, team, "key-1")
    others = _post(world, team, "key-1", by=team.carl)
    assert (others.status, others.code) == (409, "already_invited")
    made = _post(world, team, "key-1", {"email": "x@acme.example"}, by=team.carl)
    assert made.status == 201
    assert made.json["id"] != first.json["id"]
    assert _told(_post(world, team, "key-1")) == _told(first)


def test_a_request_that_was_refused_leaves_its_key_free(world: World, team: Team) -> None:
    """R26: nothing was created, so nothing is replayed."""
    world.set_account(team.account, max_managers=3)
    with world.unchanged():
        assert _post(world, team, "key-1").code == "account_full"
    world.set_account(team.account, max_managers=None)
    assert _post(world, team, "key-1", {"email": "x@acme.example"}).status == 201


def test_without_a_key_nothing_is_repeated(world: World, team: Team) -> None:
    """R26: the second request creates a second invitation."""
    world.invite(team.olga, team.account, BODY["email"])
    answer = world.call("POST", f"{team.path}/invitations", team.olga, BODY)
    assert (answer.status, answer.code) == (409, "already_invited")
    assert world.items("Idempotency") == []


def test_a_key_is_good_for_24_hours(world: World, team: Team) -> None:
    """R26: until then it repeats and refuses; after that it is free, even while its record is still there."""
    first = _post(world, team, "key-1")
    other = {"email": "x@acme.example"}
    with later(hours=23.99), world.unchanged():
        assert _told(_post(world, team, "key-1")) == _told(first)
        assert _post(world, team, "key-1", other).code == "idempotency_key_reused"
    with later(hours=24):
        assert _post(world, team, "key-1").code == "already_invited"
        second = _post(world, team, "key-1", other)
        assert second.status == 201
        assert _told(_post(world, team, "key-1", other)) == _told(second)
        assert _post(world, team, "key-1").code == "idempotency_key_reused"
    with later(hours=47.99):
        assert _told(_post(world, team, "key-1", other)) == _told(second)


@pytest.mark.parametrize("key", ["", " ", "a b", "\u00e9", "x" * 256, "a\tb", "a\n", "\x7f", "\U0001f600"])
def test_an_invalid_key_is_refused(world: World, team: Team, key: str) -> None:
    """R26: 1 to 255 visible ASCII characters."""
    with world.unchanged():
        answer = _post(world, team, key)
        assert (answer.status, answer.code) == (422, "validation_failed")
        assert [each["field"] for each in answer.json["errors"]] == ["Idempotency-Key"]


def test_every_visible_character_may_be_in_a_key(world: World, team: Team) -> None:
    """R26: the longest key too."""
    visible = "".join(chr(code) for code in range(33, 127))
    key = (visible * 3)[:255]
    first = _post(world, team, key)
    assert _told(_post(world, team, key)) == _told(first)
