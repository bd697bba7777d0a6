"""The whole life of an invitation, in short scenarios."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.functions import feedback, schedules
from tests.events import schedule_event, sqs_event
from tests.gateway import Context
from tests.world import World


def run_schedule(when: datetime) -> dict[str, int]:
    """Runs the schedule with its event's time as its clock."""
    done: dict[str, int] = schedules.invitation_schedule({**schedule_event(), "time": when.isoformat()}, Context())
    return done


def tell(kind: str, mail_tags: dict[str, str], **more: Any) -> None:
    """SES reports the delivery state of a mail."""
    moment = "2026-11-21T12:00:00.000Z"
    tags = {name: [value] for name, value in mail_tags.items()}
    body = {
        "eventType": kind,
        "mail": {"timestamp": moment, "messageId": "m", "tags": tags},
        kind.lower(): {"timestamp": moment, **more},
    }
    answer = feedback.feedback(
        sqs_event([{"MessageId": "1", "ReceiptHandle": "r", "Body": json.dumps(body)}]), Context()
    )
    assert answer == {"batchItemFailures": []}


def test_a_link_is_shown_once_and_used_once(world: World) -> None:
    """R10, R16, S15: single use, no expiry unless asked for, all managers told."""
    olga, carl, eve = (world.person(f"{name}@acme.example") for name in ("olga", "carl", "eve"))
    account = world.account(olga)
    path = f"/v1/billing-accounts/{account}/invitations"
    made = world.call("POST", path, olga, {"kind": "link"}, {"Idempotency-Key": "k"})
    assert made.status == 201
    assert made.json["expires_at"] is None
    assert world.call("POST", path, olga, {"kind": "link"}, {"Idempotency-Key": "k"}).json == made.json
    assert "accept_url" not in world.ok("GET", path, olga)["data"][0]
    token = made.json["accept_url"].partition("#")[2]
    assert world.ok("POST", "/v1/invitations/accept", carl, {"token": token})["role"] == "manager"
    used = world.call("POST", "/v1/invitations/accept", eve, {"token": token})
    assert (used.status, used.code) == (410, "invitation_used")
    world.pipeline.drain()
    assert len(world.mails_to("olga@acme.example")) == 1
    assert world.call("POST", f"{path}/{made.json['id']}/resend", olga).code == "invitation_is_a_link"


def test_joining_by_link_ends_the_mail_invitation_to_the_same_person(world: World) -> None:
    """I2, I3: nothing stays pending for somebody who has joined."""
    olga, carl = (world.person(f"{name}@acme.example") for name in ("olga", "carl"))
    account = world.account(olga)
    path = f"/v1/billing-accounts/{account}/invitations"
    mailed = world.invite(olga, account, "carl@acme.example")
    link = world.ok("POST", path, olga, {"kind": "link"})
    token = link["accept_url"].partition("#")[2]
    assert world.call("POST", "/v1/invitations/accept", carl, {"token": token}).status == 201
    assert world.ok("GET", f"{path}/{mailed['id']}", olga)["status"] == "revoked"
    limits = world.ok("GET", f"/v1/billing-accounts/{account}", olga)["limits"]
    assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (2, 0)


def test_resending_renews_and_ends_the_older_link(world: World) -> None:
    """R14, R24: after a minute; the holder of the old link learns when the newer mail went out."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    start = datetime(2027, 3, 1, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        olga = world.person("olga@acme.example")
        invitation = world.invite(olga, account, "carl@acme.example")
        path = f"/v1/billing-accounts/{account}/invitations/{invitation['id']}"
        old = world.link_token("carl@acme.example")
        early = world.call("POST", f"{path}/resend", olga)
        assert (early.status, early.code, early.headers["Retry-After"]) == (429, "rate_limited", "60")
        clock.shift(timedelta(seconds=60))
        again = world.ok("POST", f"{path}/resend", olga)
        assert (again["sent_count"], again["expires_at"]) == (2, "2027-03-08T12:01:00.000Z")
        dead = world.call("POST", "/v1/invitations/preview", None, {"token": old})
        assert (dead.status, dead.code) == (410, "invitation_superseded")
        assert dead.json["newer_sent_at"] == "2027-03-01T12:01:00.000Z"
        new = world.link_token("carl@acme.example")
        assert new != old
        clock.shift(timedelta(days=8))
        olga = world.person("olga@acme.example")
        assert run_schedule(datetime.now(UTC))["expired"] == 1
        assert world.call("POST", "/v1/invitations/accept", world.person("carl@acme.example"), {"token": new}).code == (
            "invitation_expired"
        )
        assert world.call("POST", "/v1/invitations/request-new", None, {"token": new}).status == 202
        assert world.call("POST", "/v1/invitations/request-new", None, {"token": new}).code == "rate_limited"
        renewed = world.ok("POST", f"{path}/resend", olga, {"email": "carla@acme.example"})
        assert (renewed["status"], renewed["email"]) == ("pending", "carla@acme.example")
        token = world.link_token("carla@acme.example")
        assert world.call("POST", "/v1/invitations/decline", None, {"token": token, "reason": "No time"}).status == 200
        assert world.call("POST", "/v1/invitations/decline", None, {"token": token}).status == 200
        world.pipeline.drain()
        (told,) = world.mails_to("olga@acme.example")
        assert "No time" in told.text


def test_reminders_go_out_on_day_two_and_five(world: World) -> None:
    """R20."""
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        olga = world.person("olga@acme.example")
        account = world.account(olga)
        world.invite(olga, account, "carl@acme.example")
        world.pipeline.drain()
        told = []
        for _ in range(8):
            clock.shift(timedelta(days=1))
            run_schedule(datetime.now(UTC))
            world.pipeline.drain()
            told.append(len(world.mails_to("carl@acme.example")))
        assert told == [1, 2, 2, 2, 3, 3, 3, 3]
        assert len(world.mails_to("olga@acme.example")) == 1


def test_a_bounce_is_mailed_to_the_inviter_and_suppresses_the_address(world: World) -> None:
    """R25."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    invitation = world.invite(olga, account, "carl@acme.example")
    path = f"/v1/billing-accounts/{account}/invitations/{invitation['id']}"
    world.pipeline.drain()
    tags = world.mails_to("carl@acme.example")[0].tags
    tell("Delivery", tags)
    assert world.ok("GET", path, olga)["delivery"]["state"] == "delivered"
    said = {
        "bounceType": "Permanent",
        "bouncedRecipients": [{"emailAddress": "x", "diagnosticCode": "550 no such user"}],
    }
    tell("Bounce", tags, **said)
    tell("Bounce", tags, **said)
    tell("Delivery", tags)
    seen = world.ok("GET", path, olga)
    assert (seen["delivery"]["state"], seen["delivery"]["reason"]) == ("bounced", "550 no such user")
    world.pipeline.drain()
    assert len(world.mails_to("olga@acme.example")) == 1
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        assert world.call("POST", f"{path}/resend", olga).code == "recipient_suppressed"
        assert world.call("POST", f"{path}/resend", olga, {"email": "karl@acme.example"}).status == 200


def test_addresses_are_deleted_after_ninety_days(world: World) -> None:
    """Retention: the history keeps only a pseudonym."""
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        olga = world.person("olga@acme.example")
        account = world.account(olga)
        invitation = world.invite(olga, account, "carl@acme.example", message="Hello Carl")
        path = f"/v1/billing-accounts/{account}/invitations/{invitation['id']}"
        world.ok("POST", f"{path}/revoke", olga)
        clock.shift(timedelta(days=89))
        event = {**schedule_event(), "time": datetime.now(UTC).isoformat()}
        assert schedules.scrub_invitations(event, Context())["scrubbed"] == 0
        clock.shift(timedelta(days=1))
        event = {**schedule_event(), "time": datetime.now(UTC).isoformat()}
        assert schedules.scrub_invitations(event, Context())["scrubbed"] == 1
        olga = world.person("olga@acme.example")
        seen = world.ok("GET", path, olga)
        assert (seen["email"], seen["message"]) == (None, None)
        assert "carl@acme.example" not in json.dumps(world.everything())


@pytest.mark.parametrize("route", ["accept", "decline"])
def test_the_inbox_needs_no_link(world: World, route: str) -> None:
    """R21."""
    olga, carl = world.person("olga@acme.example"), world.person("carl@acme.example")
    account = world.account(olga)
    invitation = world.invite(olga, account, "carl@acme.example")
    assert [each["id"] for each in world.ok("GET", "/v1/me/invitations", carl)["data"]] == [invitation["id"]]
    path = f"/v1/me/invitations/{invitation['id']}/{route}"
    assert world.call("POST", path, world.person("eve@acme.example")).code == "invitation_not_found"
    assert world.call("POST", path, carl).status == (201 if route == "accept" else 200)
    assert world.call("POST", path, carl).status == 200
    assert world.ok("GET", "/v1/me/invitations", carl)["data"] == []
