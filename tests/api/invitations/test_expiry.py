"""Expiry: takes effect at once when the invitation is used, and is recorded by a schedule (R20)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.api.invitations.aws import run_schedule
from tests.api.team import Team, later, somebody
from tests.gateway import Context
from tests.world import World

NEW = "new@acme.example"


class HardlyAnyTime(Context):
    """A run whose time is nearly up."""

    def get_remaining_time_in_millis(self) -> int:
        """Less than a run needs to finish properly."""
        return 5_000


def _end_of(invitation: Any) -> datetime:
    return datetime.fromisoformat(invitation["expires_at"])


@pytest.mark.parametrize("kind", ["email", "link"])
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_the_end_counts_to_the_second_swept_or_not(world: World, team: Team, kind: str, seconds: int) -> None:
    """R20, I3: pending for everybody until one second before its end, expired for everybody from then on."""
    body = {"expires_in_days": 1, **({"email": NEW} if kind == "email" else {"kind": "link"})}
    with time_machine.travel(_whole_second(), tick=False):
        made = world.ok("POST", f"{team.path}/invitations", team.carl, body)
    token = made["accept_url"].partition("#")[2] if kind == "link" else world.link_token(NEW)
    pending = seconds < 0
    with time_machine.travel(_end_of(made) + timedelta(seconds=seconds), tick=False):
        olga, new = somebody(world, "olga"), somebody(world, "new")
        seen = world.ok("GET", f"{team.path}/invitations/{made['id']}", olga)
        assert (seen["status"], seen["ended_at"]) == (("pending", None) if pending else ("expired", made["expires_at"]))
        for status, there in (("pending", pending), ("expired", not pending)):
            found = world.ok("GET", f"{team.path}/invitations?status={status}", olga)["data"]
            assert bool(found) == there, status
        assert bool(world.ok("GET", "/v1/me/invitations", new)["data"]) == (pending and kind == "email")
        gone = None if pending else "invitation_expired"
        assert world.call("POST", "/v1/invitations/preview", None, {"token": token}).code == gone
        before = world.everything()
        answer = world.call("POST", "/v1/invitations/request-new", None, {"token": token})
        assert answer.code == ("invitation_still_valid" if pending else None)
        world.rewind(before)
        accepted = world.call("POST", "/v1/invitations/accept", new, {"token": token})
        assert (accepted.status, accepted.code) == (201 if pending else 410, gone)


@pytest.mark.parametrize(("seconds", "expired"), [(-1, 0), (0, 1), (1, 1)])
def test_the_schedule_expires_what_is_overdue_at_the_time_of_its_event(
    world: World, team: Team, seconds: int, expired: int
) -> None:
    """R20: not at the time it happens to run; once, with an event, freeing the seat and the address."""
    with time_machine.travel(_whole_second(), tick=False):
        made = world.invite(team.carl, team.account, NEW, expires_in_days=1)
    moment = _end_of(made) + timedelta(seconds=seconds)
    assert run_schedule(moment)["expired"] == expired
    assert world.events(team.account).count("invitation_expired") == expired
    used = world.ok("GET", team.path, team.olga)["limits"]["pending_invitations"]["used"]
    assert used == 1 - expired
    if expired:
        with world.unchanged():
            assert run_schedule(moment) == {"reminded": 0, "expired": 0, "scrubbed": 0, "left": 0}
        (entry,) = world.ok("GET", f"{team.path}/history?type=invitation_expired", team.olga)["data"]
        assert (entry["actor"], entry["subject"]) == ("system:expiry", f"invitation:{made['id']}")
        assert world.invite(team.olga, team.account, NEW)["status"] == "pending"


def test_only_the_inviter_is_told_of_an_expiry_with_the_address(world: World, team: Team) -> None:
    """R20, R35: neither the invitee nor the other managers."""
    made = world.invite(team.carl, team.account, NEW)
    world.pipeline.drain()
    world.ses.sent.clear()
    with later(days=8):
        assert run_schedule(_end_of(made) + timedelta(minutes=4))["expired"] == 1
        world.pipeline.drain()
    (told,) = world.ses.sent
    assert (told.to, told.tags["audience"]) == (team.carl.email, "inviter")
    assert NEW in told.text


def test_expiry_costs_what_has_expired_and_nothing_else(world: World, team: Team) -> None:
    """R20: however many invitations are not due, one query finds out."""
    for number in range(6):
        world.invite(team.olga, team.account, f"p{number}@acme.example", expires_in_days=30)
    world.ok("POST", f"{team.path}/invitations", team.olga, {"kind": "link"})
    with world.calls_to_dynamodb() as calls:
        assert sum(run_schedule(datetime.now(UTC)).values()) == 0
    assert calls == ["Query"]


def test_a_run_that_has_no_time_left_leaves_the_rest_to_the_next_one(world: World, team: Team) -> None:
    """R20: resumable, and nobody is expired twice."""
    for number in range(3):
        world.invite(team.olga, team.account, f"p{number}@acme.example", expires_in_days=1)
    moment = datetime.now(UTC) + timedelta(days=2)
    with world.unchanged():
        assert run_schedule(moment, HardlyAnyTime())["expired"] == 0
    assert run_schedule(moment)["expired"] == 3
    assert run_schedule(moment)["expired"] == 0
    assert world.events(team.account).count("invitation_expired") == 3


def test_an_overdue_invitation_that_is_not_swept_yet_blocks_nothing(world: World, team: Team) -> None:
    """I3, R7, R8, R11: neither its address, nor its seat, nor its place among the pending invitations."""
    world.set_account(team.account, max_managers=4)
    world.invite(team.carl, team.account, NEW, expires_in_days=1)
    assert world.call("POST", f"{team.path}/invitations", team.olga, {"kind": "link"}).code == "account_full"
    with later(days=1, seconds=1):
        olga = somebody(world, "olga")
        assert world.call("POST", f"{team.path}/invitations", olga, {"email": NEW}).status == 201
        limits = world.ok("GET", team.path, olga)["limits"]
        assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (3, 1)
        assert run_schedule(datetime.now(UTC))["expired"] == 0


@pytest.mark.parametrize("first", ["revoked", "accepted", "declined"])
def test_what_has_ended_before_is_not_expired(world: World, team: Team, first: str) -> None:
    """R20: one end, one event."""
    made = world.invite(team.olga, team.account, NEW, expires_in_days=1)
    token = world.link_token(NEW)
    if first == "revoked":
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    else:
        action = "accept" if first == "accepted" else "decline"
        world.ok("POST", f"/v1/invitations/{action}", somebody(world, "new"), {"token": token})
    with world.unchanged():
        assert sum(run_schedule(datetime.now(UTC) + timedelta(days=40)).values()) == 0


def test_no_mail_about_an_expiry_that_was_undone_meanwhile(world: World, team: Team) -> None:
    """R35: renewed before the mail to the inviter went out."""
    made = world.invite(team.carl, team.account, NEW, expires_in_days=1)
    world.pipeline.drain()
    world.ses.sent.clear()
    with later(days=2):
        assert run_schedule(datetime.now(UTC))["expired"] == 1
        world.ok("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "olga"))
        world.pipeline.drain()
        assert [mail.to for mail in world.ses.sent] == [NEW]


def _whole_second() -> datetime:
    """Now, cut to the whole second that an event of a schedule can name."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
