"""Reminders: on day 2 and day 5 of 7, proportionally for other lengths, and only while they are useful (R20)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from tests.api.invitations.aws import run_schedule, tell
from tests.api.team import Team, later, somebody
from tests.world import World

NEW = "new@acme.example"


def _made_at(invitation: dict[str, str]) -> datetime:
    return datetime.fromisoformat(invitation["created_at"])


@pytest.mark.parametrize("days", [1, 7, 14, 30])
def test_reminders_come_after_two_and_five_sevenths_of_the_time(world: World, team: Team, days: int) -> None:
    """R20: not a moment earlier, each once, the same link, counted on the invitation."""
    made = world.invite(team.olga, team.account, NEW, expires_in_days=days)
    first = world.link_token(NEW)
    sent = 1
    for part in (2, 5):
        due = _made_at(made) + timedelta(days=days) * part / 7
        assert run_schedule(due - timedelta(seconds=2))["reminded"] == 0
        assert run_schedule(due + timedelta(seconds=1))["reminded"] == 1
        assert run_schedule(due + timedelta(seconds=2))["reminded"] == 0
        with time_machine.travel(due + timedelta(seconds=3)):
            sent += 1
            assert world.link_token(NEW) == first
            assert len(world.mails_to(NEW)) == sent
            seen = world.ok("GET", f"{team.path}/invitations/{made['id']}", somebody(world, "olga"))
            assert (seen["sent_count"], seen["expires_at"]) == (sent, made["expires_at"])
    assert {mail.to for mail in world.ses.sent} == {NEW}


def test_a_schedule_that_was_down_does_not_send_several_reminders_at_once(world: World, team: Team) -> None:
    """R20: one mail on day 6, and then the expiry."""
    made = world.invite(team.olga, team.account, NEW)
    world.pipeline.drain()
    day = _made_at(made)
    with time_machine.travel(day + timedelta(days=6)):
        assert run_schedule(day + timedelta(days=6))["reminded"] == 1
        assert run_schedule(day + timedelta(days=6))["reminded"] == 0
        world.pipeline.drain()
    assert len(world.mails_to(NEW)) == 2
    assert run_schedule(day + timedelta(days=7, seconds=1)) == {"reminded": 0, "expired": 1, "scrubbed": 0, "left": 0}


@pytest.mark.parametrize("end", ["accepted", "declined", "revoked"])
def test_reminders_stop_at_every_end(world: World, team: Team, end: str) -> None:
    """R20: also one that was recorded before, and whose mail had not gone out yet."""
    made = world.invite(team.olga, team.account, NEW)
    token = world.link_token(NEW)
    assert run_schedule(_made_at(made) + timedelta(days=2, minutes=1))["reminded"] == 1
    if end == "revoked":
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    else:
        action = "accept" if end == "accepted" else "decline"
        world.ok("POST", f"/v1/invitations/{action}", somebody(world, "new"), {"token": token})
    assert run_schedule(_made_at(made) + timedelta(days=6))["reminded"] == 0
    world.pipeline.drain()
    assert [mail for mail in world.mails_to(NEW)[1:] if "/invitations#" in mail.text] == []


@pytest.mark.parametrize("news", ["bounce-permanent", "complaint", "reject"])
def test_reminders_stop_when_mails_are_not_delivered(world: World, team: Team, news: str) -> None:
    """R20, R25: nothing is mailed or recorded; it expires on time all the same."""
    made = world.invite(team.olga, team.account, NEW)
    world.pipeline.drain()
    tell(news, world.mails_to(NEW)[0].tags)
    for day in (2, 5, 6):
        assert run_schedule(_made_at(made) + timedelta(days=day, minutes=1))["reminded"] == 0
    world.pipeline.drain()
    assert len(world.mails_to(NEW)) == 1
    assert "invitation_reminded" not in world.events(team.account)
    assert run_schedule(_made_at(made) + timedelta(days=7))["expired"] == 0
    assert run_schedule(_made_at(made) + timedelta(days=7, seconds=1))["expired"] == 1


def test_resending_restarts_the_count(world: World, team: Team) -> None:
    """R14, R20: two reminders of the new link, counted from the day it was made."""
    made = world.invite(team.olga, team.account, NEW)
    day = _made_at(made)
    assert run_schedule(day + timedelta(days=2, minutes=1))["reminded"] == 1
    with later(days=4):
        world.ok("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "olga"))
    found = [run_schedule(day + timedelta(days=each, minutes=1))["reminded"] for each in range(4, 11)]
    assert found == [0, 0, 1, 0, 0, 1, 0]


def test_links_get_no_reminders(world: World, team: Team) -> None:
    """R10, R20: there is no address; one with an end expires."""
    path = f"{team.path}/invitations"
    made = world.ok("POST", path, team.olga, {"kind": "link", "expires_in_days": 7})
    world.ok("POST", path, team.olga, {"kind": "link"})
    day = _made_at(made)
    assert [run_schedule(day + timedelta(days=each))["reminded"] for each in (3, 6)] == [0, 0]
    assert run_schedule(day + timedelta(days=400))["expired"] == 1
