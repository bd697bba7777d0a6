"""Quotas that hold exactly, with a truthful Retry-After (R24, S32)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from tests.api.invitations.conftest import Set
from tests.api.team import Team, somebody
from tests.gateway import Response
from tests.world import Person, World

NEW = "new@acme.example"
FEW = {
    "MAILS_PER_ACCOUNT_AND_ADDRESS_PER_DAY": 3,
    "MAILS_PER_ADDRESS_PER_DAY": 4,
    "INVITATIONS_PER_INVITER_IN_10_MINUTES": 5,
    "INVITATIONS_PER_ACCOUNT_PER_DAY": 7,
    "RESEND_COOLDOWN_SECONDS": 60,
    "MEMBERSHIPS_PER_CUSTOMER": "unlimited",
}

Clock = time_machine.Traveller
Request = Callable[[], Response]


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Stopped at half past nine of another day, so that no time window ends by itself."""
    start = (datetime.now(UTC) + timedelta(days=2)).replace(hour=9, minute=32, second=10, microsecond=250_000)
    with time_machine.travel(start, tick=False) as travelled:
        yield travelled


@pytest.fixture
def few(with_settings: Set, clock: Clock) -> Clock:
    """Small limits, and a stopped clock."""
    with_settings(**FEW)
    return clock


def _invite(world: World, team: Team, who: Person, email: str | None, **more: Any) -> Response:
    body = {"kind": "link", **more} if email is None else {"email": email, **more}
    return world.call("POST", f"{team.path}/invitations", who, body)


def _and_revoke(world: World, team: Team, made: Response) -> None:
    assert made.status == 201
    world.ok("POST", f"{team.path}/invitations/{made.json['id']}/revoke", team.olga)


def _holds(world: World, clock: Clock, request: Request, *, at_most: timedelta) -> None:
    """The request is refused until exactly the second that Retry-After names, changes nothing, and then works."""
    with world.unchanged():
        refused = request()
        assert (refused.status, refused.code) == (429, "rate_limited")
        wait = int(refused.headers["Retry-After"])
        assert timedelta() < timedelta(seconds=wait) <= at_most
        clock.shift(timedelta(seconds=wait - 1))
        assert (request().status, request().headers["Retry-After"]) == (429, "1")
    clock.shift(timedelta(seconds=1))
    assert request().status < 300


def test_an_inviter_has_a_limit_in_ten_minutes(world: World, team: Team, few: Clock) -> None:
    """S32, R24: links count like mails, revoking returns nothing, and a colleague has their own quota."""
    for number in range(5):
        email = None if number % 2 else f"p{number}@acme.example"
        _and_revoke(world, team, _invite(world, team, team.carl, email))
    assert _invite(world, team, team.olga, "olgas@acme.example").status == 201
    _holds(world, few, lambda: _invite(world, team, team.carl, None), at_most=timedelta(minutes=10))


def test_an_account_has_a_daily_limit_of_invitations(world: World, team: Team, few: Clock) -> None:
    """S32, R24: however many managers invite."""
    for number in range(7):
        who = team.olga if number < 4 else team.carl
        _and_revoke(world, team, _invite(world, team, who, f"p{number}@acme.example"))
    _holds(world, few, lambda: _invite(world, team, team.carl, "one@acme.example"), at_most=timedelta(days=1))


def test_an_address_has_a_daily_limit_of_mails_from_an_account(world: World, team: Team, few: Clock) -> None:
    """S32, R24: inviting and revoking in a loop, with resends in between."""
    made = _invite(world, team, team.carl, NEW)
    few.shift(timedelta(minutes=1))
    assert world.call("POST", f"{team.path}/invitations/{made.json['id']}/resend", team.carl).status == 200
    _and_revoke(world, team, made)
    made = _invite(world, team, team.olga, NEW)
    few.shift(timedelta(minutes=1))
    again = f"{team.path}/invitations/{made.json['id']}/resend"
    with world.unchanged():
        assert world.call("POST", again, team.olga).code == "rate_limited"
    assert _invite(world, team, team.olga, "other@acme.example").status == 201
    _holds(world, few, lambda: world.call("POST", again, team.olga), at_most=timedelta(days=1))


def test_an_address_has_a_daily_limit_of_mails_over_all_accounts(world: World, team: Team, few: Clock) -> None:
    """S31, S32, R24: many accounts against one victim; tags and Gmail's dots lead to the same mailbox."""
    victim = ("v.ictim@gmail.com", "victim+a@gmail.com", "vic.tim@gmail.com", "victim@gmail.com")
    for email in victim[:2]:
        assert _invite(world, team, team.carl, email).status == 201
    for number, email in enumerate(victim[2:]):
        owner = world.person(f"owner{number}@beta.example")
        world.invite(owner, world.account(owner), email)
    request = partial(_invite, world, team, team.olga, "victim+b@gmail.com")
    _holds(world, few, request, at_most=timedelta(days=1))
    assert len({each["email"] for each in world.ok("GET", f"{team.path}/invitations", team.olga)["data"]}) == 3


def test_a_mail_is_not_sent_again_within_a_minute(world: World, team: Team, few: Clock) -> None:
    """S32, R24: nor to another address, and a reminder counts as a mail too."""
    made = _invite(world, team, team.carl, NEW).json
    path = f"{team.path}/invitations/{made['id']}/resend"
    other = world.call("POST", path, team.carl, {"email": "other@acme.example"})
    assert (other.code, other.headers["Retry-After"]) == ("rate_limited", "60")
    _holds(world, few, lambda: world.call("POST", path, team.carl), at_most=timedelta(minutes=1))


def test_of_two_limits_retry_after_names_the_longer_wait(world: World, team: Team, few: Clock) -> None:
    """R24: otherwise it would not be true."""
    for number in range(2):
        _and_revoke(world, team, _invite(world, team, team.olga, f"o{number}@acme.example"))
    for number in range(5):
        _and_revoke(world, team, _invite(world, team, team.carl, f"m{number}@acme.example"))
    refused = _invite(world, team, team.carl, NEW)
    assert int(refused.headers["Retry-After"]) > 600
    _holds(world, few, lambda: _invite(world, team, team.carl, NEW), at_most=timedelta(days=1))


def test_repeated_and_refused_requests_use_up_no_quota(world: World, team: Team, few: Clock) -> None:
    """R24, R26: only what was done counts."""
    path, key = f"{team.path}/invitations", {"Idempotency-Key": "one"}
    with_key = [world.call("POST", path, team.carl, {"email": NEW}, key).status for _ in range(8)]
    assert with_key == [201] * 8
    assert [_invite(world, team, team.carl, NEW).code for _ in range(8)] == ["already_invited"] * 8
    assert [_invite(world, team, team.carl, f"p{each}@acme.example").status for each in range(5)] == [201] * 4 + [429]
    few.shift(timedelta(minutes=10))
    assert _invite(world, team, team.carl, "p5@acme.example").status == 201


@pytest.mark.parametrize(("links", "refused_at"), [(True, 30), (False, 30)])
def test_the_default_limit_is_thirty_invitations_in_ten_minutes(
    world: World, team: Team, clock: Clock, *, links: bool, refused_at: int
) -> None:
    """S32, R24: of a thousand in a minute thirty are made, however quickly they are revoked."""
    for number in range(refused_at):
        _and_revoke(world, team, _invite(world, team, team.carl, None if links else f"p{number}@acme.example"))
    assert [_invite(world, team, team.carl, None).status for _ in range(3)] == [429] * 3
    clock.shift(timedelta(minutes=10))
    assert _invite(world, team, team.carl, None).status == 201


def test_ten_mails_a_day_are_the_default(world: World, team: Team, clock: Clock) -> None:
    """S32, R24: resending a hundred times sends ten mails, the first one included."""
    made = _invite(world, team, team.carl, NEW).json
    path = f"{team.path}/invitations/{made['id']}/resend"
    found = []
    for _ in range(12):
        clock.shift(timedelta(minutes=1))
        found.append(world.call("POST", path, somebody(world, "carl")).status)
    assert found == [200] * 9 + [429] * 3
