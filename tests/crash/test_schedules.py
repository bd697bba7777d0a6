"""The schedule crashes at any AWS call: the next run resumes where it was (R20, I7)."""

from datetime import timedelta
from typing import Any

import time_machine

from chalicelib import wiring
from chalicelib.functions import schedules
from tests.crash.boundaries import armed, live, points
from tests.events import schedule_event
from tests.flows.two_manager_case import Case
from tests.gateway import Context
from tests.invariants import duplicates, rewritten_history, violations
from tests.world import World


def run(function: Any) -> None:
    """One run, as of now."""
    function({**schedule_event(), "time": wiring.now().isoformat()}, Context())


def test_a_schedule_that_crashes_anywhere_is_resumed(world: World) -> None:
    """R20, R35, I2, I5, I7: each reminder and each expiry is done once, and mailed once."""
    case = Case(world)
    world.invite(case.carl, case.account, "dave@acme.example", expires_in_days=30)
    world.invite(case.carl, case.account, "erin@acme.example", expires_in_days=1)
    world.pipeline.drain()
    with time_machine.travel(wiring.now() + timedelta(days=9), tick=True), armed() as running:
        before, mails = world.everything(), list(world.ses.sent)
        lived, calls = live(running, lambda: run(schedules.invitation_schedule))
        assert lived
        assert calls.count("dynamodb.TransactWriteItems") == 2
        wrong = {}
        for point in points(calls):
            world.rewind(before)
            world.ses.sent[:] = mails
            assert not live(running, lambda: run(schedules.invitation_schedule), point)[0]
            run(schedules.invitation_schedule)
            world.pipeline.drain()
            told = sorted(mail.to.partition("@")[0] for mail in world.ses.sent[len(mails) :])
            found = violations(world, quiescent=True) + rewritten_history(before, world.everything())
            counts = [case.count(f"invitation_{each}") for each in ("reminded", "expired")]
            if found or counts != [1, 1] or told != ["carl", "dave"] or duplicates(world.ses.sent):
                wrong[str(point)] = [*found, f"{counts} {told}"]
        assert wrong == {}, f"{len(points(calls))} crash points"


def test_scrubbing_that_crashes_anywhere_is_resumed(world: World) -> None:
    """R20, I5, I6: addresses are deleted, each with one event."""
    case = Case(world)
    for _ in range(2):
        made = case.invite().json["id"]
        assert case.revoke(made).status == 200
    world.pipeline.drain()
    with time_machine.travel(wiring.now() + timedelta(days=91), tick=True), armed() as running:
        before = world.everything()
        lived, calls = live(running, lambda: run(schedules.scrub_invitations))
        assert lived
        for point in points(calls):
            world.rewind(before)
            assert not live(running, lambda: run(schedules.scrub_invitations), point)[0]
            run(schedules.scrub_invitations)
            world.pipeline.drain()
            assert violations(world, quiescent=True) + rewritten_history(before, world.everything()) == [], point
            assert case.count("invitation_scrubbed") == 3, point  # Carl's accepted one too
            assert "dave@acme.example" not in str(world.items("Invitations")), point
