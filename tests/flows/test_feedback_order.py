"""Feedback and the mail function, in every order that the queues allow (R25, I7)."""

from datetime import timedelta

import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError

from chalicelib import wiring
from chalicelib.store.deliveries import LEASE
from tests.api.invitations.aws import run_schedule, tell
from tests.flows.two_manager_case import Case
from tests.integration.interleaving import COMMIT, just_before

DAVE = "dave@acme.example"
NO_ANSWER = ReadTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com")


def _delivery(case: Case, invitation_id: str) -> str:
    seen = case.world.ok("GET", f"{case.path}/invitations/{invitation_id}", case.olga)["delivery"]
    return str(seen["state"])


@pytest.mark.parametrize(("news", "state"), [("delivery", "delivered"), ("bounce-permanent", "bounced")])
def test_feedback_on_a_mail_that_we_do_not_know_to_be_sent(case: Case, news: str, state: str) -> None:
    """R25, I7: SES took the mail and its answer was lost; the feedback comes first, and the second attempt keeps it."""
    case.world.ses.failures.append(("after", NO_ANSWER))
    made = case.invite().json
    case.world.pipeline.stream()
    case.world.pipeline.queue()
    assert _delivery(case, made["id"]) == "queued"
    tell(news, case.world.mails_to(DAVE)[0].tags)
    assert _delivery(case, made["id"]) == state
    with time_machine.travel(wiring.now() + 2 * LEASE, tick=True):
        case.world.pipeline.sweep()
        case.world.pipeline.drain()
        assert _delivery(case, made["id"]) == state


def test_a_bounce_stops_the_pending_reminder(case: Case) -> None:
    """R20, R25: the reminder was recorded, then the first mail bounced; the reminder is not sent."""
    made = case.invite().json
    case.world.pipeline.drain()
    tags = case.world.mails_to(DAVE)[0].tags
    assert run_schedule(wiring.now() + timedelta(days=2, minutes=1))["reminded"] == 1
    tell("bounce-permanent", tags)
    case.world.pipeline.drain()
    assert len(case.world.mails_to(DAVE)) == 1
    assert _delivery(case, made["id"]) == "bounced"


def test_a_bounce_that_is_reported_twice_at_once_is_mailed_once(case: Case) -> None:
    """I7, R25: two messages, two deliveries of each, one mail to the inviter."""
    case.invite()
    case.world.pipeline.drain()
    tags = case.world.mails_to(DAVE)[0].tags
    before = len(case.world.mails_to("carl@acme.example"))
    for _ in range(4):
        tell("bounce-permanent", tags)
    case.world.pipeline.stream()
    case.world.pipeline.queue(deliver_twice=True)
    case.world.pipeline.drain()
    assert len(case.world.mails_to("carl@acme.example")) == before + 1


def test_of_two_bounces_at_once_the_later_suppression_is_kept(case: Case) -> None:
    """R25: the last write never shortens it, and the reason belongs to its time."""
    case.invite()
    case.world.pipeline.drain()
    tags = case.world.mails_to(DAVE)[0].tags
    of_the_address = {name: tags[name] for name in ("event_id", "audience", "recipient")}
    later = wiring.now() + timedelta(minutes=1)

    def another() -> None:
        with time_machine.travel(later, tick=False):
            tell("complaint", of_the_address)

    with just_before(COMMIT, another):
        tell("bounce-permanent", of_the_address)
    (mark,) = [each for each in case.world.items("Limits") if each["limit_key"]["S"].startswith("suppressed-address#")]
    until = int((later + timedelta(days=30)).timestamp())
    assert (mark["reason"]["S"], int(mark["ttl"]["N"])) == ("complained", until)
