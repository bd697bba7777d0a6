"""Retention: personal data of invitations that ended long ago is deleted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from tests.api.invitations.aws import run_schedule, run_scrubbing, tell
from tests.api.invitations.conftest import Set
from tests.api.team import Team, later, somebody
from tests.world import World

NEW = "carla.carlsen@elsewhere.example"
MESSAGE, REASON = "A personal note.", "A personal reason."


@pytest.fixture(autouse=True)
def _without_those_of_the_team(world: World) -> None:
    """The invitations by which the team joined are already scrubbed."""
    assert run_scrubbing(datetime.now(UTC) + timedelta(days=100))["scrubbed"] == 2
    world.pipeline.lose_stream()


def _ended(world: World, team: Team, how: str) -> Any:
    """An invitation by mail that ended in that way; the person is otherwise unknown here."""
    made = world.invite(team.carl, team.account, NEW, message=MESSAGE, expires_in_days=1)
    token = world.link_token(NEW)
    if how == "declined":
        world.ok("POST", "/v1/invitations/decline", None, {"token": token, "reason": REASON})
    if how == "revoked":
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    if how == "bounced":
        tell("bounce-permanent", world.mails_to(NEW)[0].tags)
    if how in {"expired", "bounced"}:
        assert run_schedule(datetime.now(UTC) + timedelta(days=1, seconds=1))["expired"] == 1
    return made


def _quoted(world: World) -> str:
    return json.dumps(world.everything())


@pytest.mark.parametrize("how", ["declined", "revoked", "expired", "bounced"])
def test_ninety_days_after_its_end_nothing_personal_is_left(world: World, team: Team, how: str) -> None:
    """Retention, I6: in no table, not even what a mail server quoted; exact to the second, and once."""
    made = _ended(world, team, how)
    end = datetime.fromisoformat(made["expires_at"]) if how in {"expired", "bounced"} else datetime.now(UTC)
    assert run_scrubbing(end + timedelta(days=90, seconds=-60))["scrubbed"] == 0
    assert NEW in _quoted(world)
    assert run_scrubbing(end + timedelta(days=90, seconds=60))["scrubbed"] == 1
    left = _quoted(world)
    for personal in (NEW, "carla", MESSAGE, REASON, "recipient@example.com"):
        assert personal not in left
    with later(days=91):
        seen = world.ok("GET", f"{team.path}/invitations/{made['id']}", world.person(team.olga.email))
        assert (seen["email"], seen["message"], seen["decline_reason"]) == (None, None, None)
        assert seen["status"] == ("expired" if how == "bounced" else how)
        assert world.ok("GET", "/v1/me/invitations", world.person(NEW))["data"] == []
    with world.unchanged():
        assert run_scrubbing(end + timedelta(days=400))["scrubbed"] == 0


def test_the_history_keeps_a_keyed_hash_of_the_address_and_nothing_more(world: World, team: Team) -> None:
    """Retention, R40: support finds it with the address and the key, and nobody can read it."""
    _ended(world, team, "revoked")
    run_scrubbing(datetime.now(UTC) + timedelta(days=101))
    entries = world.ok("GET", f"/v1/support/billing-accounts/{team.account}/history", world.support())["data"]
    (created,) = [each for each in entries if each["type"] == "invitation_created" and each["data"]["kind"] == "email"][
        :1
    ]
    assert created["data"]["address_pseudonym"] == wiring.pseudonym(NEW)
    assert wiring.pseudonym(NEW) != wiring.pseudonym("carla@elsewhere.example")
    scrubbed = entries[0]
    assert (scrubbed["type"], scrubbed["subject"]) == ("invitation_scrubbed", created["subject"])
    assert (scrubbed["actor"], scrubbed["data"]) == ("system:retention", {})
    world.pipeline.drain()
    assert [mail for mail in world.ses.sent if mail.tags["event_id"] == scrubbed["id"]] == []


def test_an_accepted_invitation_is_scrubbed_and_the_manager_stays(world: World, team: Team) -> None:
    """Retention: what is known about the manager is kept with the customer."""
    new = somebody(world, "new")
    new_id = world.join(team.carl, team.account, new, message=MESSAGE)
    assert run_scrubbing(datetime.now(UTC) + timedelta(days=91))["scrubbed"] == 1
    assert MESSAGE not in _quoted(world)
    managers = world.ok("GET", f"{team.path}/managers", team.olga)["data"]
    assert [each["email"] for each in managers if each["id"] == new_id] == [new.email]


def test_what_is_pending_is_never_scrubbed(world: World, team: Team) -> None:
    """Retention: a link without end after years, and one that was renewed after it had expired."""
    link = world.ok("POST", f"{team.path}/invitations", team.olga, {"kind": "link"})
    made = _ended(world, team, "expired")
    with later(days=2):
        world.ok("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "olga"))
    before = world.items("Invitations")
    run_scrubbing(datetime.now(UTC) + timedelta(days=3650))
    kept = [each for each in before if each["invitation_id"]["S"] in {link["id"], made["id"]}]
    assert len(kept) == 2
    assert all(each in world.items("Invitations") for each in kept)


def test_the_retention_setting_applies_to_what_has_already_ended(world: World, team: Team, with_settings: Set) -> None:
    """Retention: shortened, the next run scrubs more."""
    _ended(world, team, "revoked")
    moment = datetime.now(UTC) + timedelta(days=4)
    assert run_scrubbing(moment)["scrubbed"] == 0
    with_settings(RETENTION_DAYS=3)
    assert run_scrubbing(moment)["scrubbed"] == 1
    assert NEW not in _quoted(world)


def test_a_scrubbed_invitation_is_sent_again_only_to_an_address_that_is_given(world: World, team: Team) -> None:
    """R14: an expired one can be renewed at any time, but its address is no longer known."""
    made = _ended(world, team, "expired")
    run_scrubbing(datetime.now(UTC) + timedelta(days=92))
    path = f"{team.path}/invitations/{made['id']}/resend"
    with later(days=92):
        olga = world.person(team.olga.email)
        with world.unchanged():
            refused = world.call("POST", path, olga)
            assert (refused.status, refused.json["errors"][0]["field"]) == (422, "email")
        assert world.ok("POST", path, olga, {"email": NEW})["status"] == "pending"
        assert world.link_token(NEW)
