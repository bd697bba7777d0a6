"""Mail limits that no operation gets around (R24, S32): every way to cause a mail, and every kind of mail."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from chalicelib.domain.event_entry import Audience, Counted
from chalicelib.domain.event_types import EventType
from tests.api.invitations.aws import run_schedule
from tests.api.invitations.conftest import Set
from tests.api.team import Team, somebody
from tests.world import World

VICTIM = "victim@gmail.com"
ALIASES = ("victim@gmail.com", "vic.tim@gmail.com", "victim+a@googlemail.com", "v.i.c.t.i.m@googlemail.com")
NOON = (datetime.now(UTC) + timedelta(days=2)).replace(hour=12, minute=0, second=1, microsecond=0)
COUNTED = {(event, audience): how for event in EventType for audience, how in event.entry.told.items()}
TO_STRANGERS = {pair for pair, how in COUNTED.items() if how in {Counted.WHEN_CAUSED, Counted.WHEN_SENT}}


def _invite(world: World, team: Team, email: str) -> str | None:
    made = world.call("POST", f"{team.path}/invitations", team.olga, {"email": email, "expires_in_days": 1})
    world.pipeline.drain()
    return made.json["id"] if made.status == 201 else None


def _change(world: World, team: Team, invitation_id: str, verb: str, email: str | None = None) -> int:
    body = {"email": email} if email else None
    answer = world.call("POST", f"{team.path}/invitations/{invitation_id}/{verb}", team.olga, body)
    world.pipeline.drain()
    return answer.status


def inviting_and_revoking(world: World, team: Team, turn: int) -> None:
    made = _invite(world, team, ALIASES[turn % 4])
    if made is not None:
        assert _change(world, team, made, "revoke") == 200


def sending_again(world: World, team: Team, turn: int) -> None:
    pending = world.ok("GET", f"{team.path}/invitations", team.olga)["data"]
    if not pending:
        _invite(world, team, VICTIM)
    else:
        _change(world, team, pending[0]["id"], "resend")


def sending_to_and_fro(world: World, team: Team, turn: int) -> None:
    pending = world.ok("GET", f"{team.path}/invitations", team.olga)["data"]
    if not pending:
        _invite(world, team, VICTIM)
    else:
        _change(world, team, pending[0]["id"], "resend", ALIASES[turn % 4] if turn % 2 else "else@acme.example")


def being_declined(world: World, team: Team, turn: int) -> None:
    made = _invite(world, team, VICTIM)
    if made is not None:
        world.ok("POST", "/v1/invitations/decline", None, {"token": world.link_token(VICTIM)})


def reminding(world: World, team: Team, turn: int) -> None:
    _invite(world, team, ALIASES[turn % 4])
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=7), tick=False):
        run_schedule(datetime.now(UTC))
        world.pipeline.drain()
    for each in world.ok("GET", f"{team.path}/invitations", team.olga)["data"]:
        _change(world, team, each["id"], "revoke")


WAYS: dict[Callable[[World, Team, int], None], set[str]] = {
    inviting_and_revoking: {"invitation_created", "invitation_revoked"},
    sending_again: {"invitation_created", "invitation_resent"},
    sending_to_and_fro: {"invitation_created", "invitation_resent"},
    being_declined: {"invitation_created"},
    reminding: {"invitation_created", "invitation_reminded", "invitation_revoked"},
}


def test_every_mail_to_an_outsider_is_counted_and_tried_here() -> None:
    """R24: a new kind of mail to an invitee has to be counted, and a way to cause it has to be tried."""
    invitees = {pair for pair in COUNTED if pair[1] is Audience.INVITEE}
    assert invitees == TO_STRANGERS
    assert {event.value for event, _ in TO_STRANGERS} == set().union(*WAYS.values())


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_operation_sends_a_mailbox_more_mails_than_the_limit(
    world: World, team: Team, with_settings: Set, way: Callable[[World, Team, int], None]
) -> None:
    """R24, S32: whatever is done in a loop, and with however many spellings of one address."""
    with_settings(
        MAILS_PER_ACCOUNT_AND_ADDRESS_PER_DAY=6,
        INVITATIONS_PER_INVITER_IN_10_MINUTES=1000,
        INVITATIONS_PER_ACCOUNT_PER_DAY=1000,
        MEMBERSHIPS_PER_CUSTOMER="unlimited",
        RESEND_COOLDOWN_SECONDS=1,
    )
    somebody(world, "olga")
    caused: Counter[str] = Counter()
    with time_machine.travel(NOON, tick=False) as clock:
        for turn in range(16):
            way(world, team, turn)
            clock.shift(2)
        types = {event["event_id"]["S"]: event["type"]["S"] for event in world.pipeline.history()}
        for mail in world.ses.sent:
            if mail.to in ALIASES:
                caused[types[mail.tags["event_id"]]] += 1
    assert sum(caused.values()) == 6
    assert set(caused) == WAYS[way]


def test_resending_fifteen_invitations_reaches_at_most_thirty_strangers(world: World, team: Team) -> None:
    """R24: resending to another address is inviting, and counts in the inviter's ten minutes."""
    with time_machine.travel(NOON, tick=False) as clock:
        made = [world.invite(team.olga, team.account, f"p{number}@acme.example")["id"] for number in range(15)]
        answers = []
        for again in range(4):
            clock.shift(61)
            answers += [_change(world, team, each, "resend", f"s{again}-{each}@acme.example"[:60]) for each in made]
        world.pipeline.drain()
    assert answers == [200] * 15 + [429] * 45
    assert len({mail.to for mail in world.ses.sent}) <= 30


def test_resending_to_other_addresses_counts_for_the_account_and_day(
    world: World, team: Team, with_settings: Set
) -> None:
    """R24: however many managers do it."""
    with_settings(INVITATIONS_PER_ACCOUNT_PER_DAY=3, RESEND_COOLDOWN_SECONDS=1)
    with time_machine.travel(NOON, tick=False) as clock:
        made = world.invite(team.olga, team.account, "p@acme.example")
        answers = []
        for number, who in enumerate([team.olga, team.carl, team.carl, team.olga]):
            clock.shift(2)
            path = f"{team.path}/invitations/{made['id']}/resend"
            answers.append(world.call("POST", path, who, {"email": f"p{number}@acme.example"}))
        clock.shift(2)
        assert world.call("POST", path, team.carl).status == 200  # a resend to the same address is no new invitation
    assert [each.status for each in answers] == [200, 200, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 3600


def _roles(world: World, team: Team, turn: int) -> tuple[str, str, object]:
    path = f"{team.path}/managers/{world.id_of(team.vera)}"
    return "PATCH", path, {"role": ("manager", "viewer")[turn % 2]}


def _sold_to(world: World, team: Team, turn: int) -> tuple[str, str, object]:
    return "PUT", f"{team.path}/contacts/sold-to", {"manager_id": world.id_of((team.carl, team.olga)[turn % 2])}


def _bill_to(world: World, team: Team, turn: int) -> tuple[str, str, object]:
    typed = {"first_name": "Bea", "last_name": f"C{turn}", "work_email": "ap@acme.example", "country": "Austria"}
    return "PUT", f"{team.path}/contacts/bill-to", {"contact": typed}


@pytest.mark.parametrize("change", [_roles, _sold_to, _bill_to], ids=["roles", "sold-to", "bill-to"])
def test_a_manager_makes_a_limited_number_of_changes_in_ten_minutes(
    world: World, team: Team, with_settings: Set, change: Callable[[World, Team, int], tuple[str, str, object]]
) -> None:
    """R24: mails about people's own rights are never dropped; so whatever causes them is limited."""
    with_settings(CHANGES_PER_MANAGER_IN_10_MINUTES=4)
    with time_machine.travel(NOON, tick=False) as clock:
        done = []
        for turn in range(4):
            verb, path, body = change(world, team, turn)
            done.append(world.call(verb, path, team.olga, body).status)
        verb, path, body = change(world, team, 4)
        with world.unchanged():
            refused = world.call(verb, path, team.olga, body)
        other = world.call("DELETE", f"{team.path}/managers/{world.id_of(team.vera)}", team.olga)
        clock.shift(int(refused.headers["Retry-After"]))
        assert world.call(verb, path, team.olga, body).status < 300
    assert all(status < 300 for status in done)
    assert (refused.code, other.code) == ("rate_limited", "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 600


def test_thirty_changes_are_the_default_and_leaving_does_not_count(world: World, team: Team) -> None:
    """R24, R33: nor does a change that changes nothing."""
    with time_machine.travel(NOON, tick=False):
        verb, path, _ = _roles(world, team, 0)
        same = [world.call(verb, path, team.carl, {"role": "viewer"}).status for _ in range(5)]
        found = []
        for turn in [*range(30), 30, 30]:
            verb, path, body = _roles(world, team, turn)
            found.append(world.call(verb, path, team.carl, body).status)
        assert world.call("POST", f"{team.path}/leave", team.carl).status == 204
    assert same == [200] * 5
    assert found == [200] * 30 + [429] * 2


def test_changing_ones_address_back_and_forth_is_limited(world: World, team: Team) -> None:
    """R24, R41: each change mails two addresses, so it counts for the person; the preview does not."""
    with time_machine.travel(NOON, tick=False):
        there = world.moved(team.carl, "carl@new.example", expires_in=86400)
        asked = world.ok("POST", "/v1/me/email", there, {"dry_run": True})
        found = [world.call("POST", "/v1/me/email", (there, team.carl)[turn % 2]) for turn in range(31)]
    assert asked["dry_run"] is True
    assert [each.status for each in found] == [200] * 30 + [429]
    assert found[-1].code == "rate_limited"
    assert int(found[-1].headers["Retry-After"]) > 0


def test_a_retried_mail_is_counted_once(world: World, team: Team, with_settings: Set) -> None:
    """R24: the retries of one mail are one mail, and a mail that was dropped is not sent tomorrow."""
    with_settings(MAILS_PER_ACCOUNT_AND_ADDRESS_PER_DAY=3)
    with time_machine.travel(NOON, tick=False) as clock:
        first = _invite(world, team, VICTIM)
        assert first is not None
        world.ses.refuse("TooManyRequestsException", times=4)
        assert _change(world, team, first, "revoke") == 200
        for _ in range(5):
            clock.shift(900)
            world.pipeline.drain()
        assert len(world.mails_to(VICTIM)) == 2
        second = _invite(world, team, VICTIM)
        assert second is not None
        assert _change(world, team, second, "revoke") == 200
        clock.shift(timedelta(days=1))
        world.pipeline.forget_stream()
        world.pipeline.drain()
    assert len(world.mails_to(VICTIM)) == 3
    skipped = [it for it in world.items("Deliveries") if it["state"]["S"] == "skipped"]
    assert [it["reason"]["S"] for it in skipped] == ["over_the_limit"]
