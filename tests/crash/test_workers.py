"""Relay and mail function crash at any AWS call: delivered again, nothing is lost (I7).

A mail goes out twice only where the process crashed between sending and marking it; those are counted.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import wiring
from chalicelib.functions import emails, relay
from chalicelib.store.deliveries import LEASE
from tests.crash.boundaries import Armed, Point, armed, live, points
from tests.events import schedule_event, sqs_event, stream_event
from tests.flows.two_manager_case import Case
from tests.gateway import Context
from tests.invariants import duplicates, rewritten_history, violations
from tests.world import World


class Events:
    """Two events that have not been processed yet, an acceptance and an invitation; they cause four mails."""

    def __init__(self, world: World, running: Armed) -> None:
        self.world, self._running = world, running
        case = Case(world)
        _, token = case.invited()
        world.pipeline.drain()
        assert case.accept(token).status == 201
        assert case.invite("erin@acme.example").status == 201
        self.images = [image for image in world.pipeline.history() if "outbox" in image]
        self._tables, self._mails = world.everything(), list(world.ses.sent)
        assert len(self.images) == 2

    def rewind(self) -> None:
        """They are unprocessed again."""
        self.world.rewind(self._tables)
        self.world.ses.sent[:] = self._mails

    def run(self, work: Callable[[], object], dies: Point | None = None) -> tuple[bool, list[str]]:
        """Runs the work in a process of its own; returns whether it survived, and its calls."""
        return live(self._running, work, dies)

    def wrong(self) -> list[str]:
        """What is wrong when nothing is in flight any more."""
        return violations(self.world, quiescent=True) + rewritten_history(self._tables, self.world.everything())

    @property
    def duplicates(self) -> int:
        """The number of mails that went out to somebody who already had them."""
        return duplicates(self.world.ses.sent)

    @property
    def mails(self) -> int:
        """The number of mails that went out, each counted once."""
        return len(self.world.ses.sent) - len(self._mails) - self.duplicates


@pytest.fixture
def events(world: World) -> Iterator[Events]:
    with armed() as running:
        yield Events(world, running)


def later(span: timedelta) -> Any:
    return time_machine.travel(wiring.now() + span, tick=True)


def by_stream(events: Events) -> None:
    relay.relay(stream_event(events.images), Context())


def by_sweep(_events: Events) -> None:
    with later(timedelta(minutes=2)):
        relay.sweep(schedule_event(), Context())


@pytest.mark.parametrize("work", [by_stream, by_sweep])
@pytest.mark.parametrize("healer", [by_stream, by_sweep])
def test_a_relay_that_crashes_anywhere_loses_no_event(
    events: Events, work: Callable[[Events], None], healer: Callable[[Events], None]
) -> None:
    """I7: sent twice rather than not at all, and mailed once all the same."""
    _, calls = events.run(lambda: work(events))
    assert [each for each in calls if "SendMessage" in each]
    events.world.pipeline.drain()
    wrong = {}
    for point in points(calls):
        events.rewind()
        assert not events.run(lambda: work(events), point)[0]
        healer(events)
        events.world.pipeline.drain()
        found = events.wrong()
        if found or events.duplicates or events.mails != 4:
            wrong[str(point)] = [*found, f"{events.mails} mails, {events.duplicates} twice"]
    assert wrong == {}, f"{len(points(calls))} crash points"


def messages(events: Events) -> list[dict[str, Any]]:
    """The messages of the events, as the queue would deliver them again and again."""
    sent: list[dict[str, Any]] = []
    for image in events.images:
        body = json.dumps({name: image[name]["S"] for name in ("stream", "event_id", "type")})
        sent.append({"MessageId": image["event_id"]["S"], "ReceiptHandle": "handle", "Body": body})
    return sent


def test_a_mail_function_that_crashes_anywhere_loses_no_mail(events: Events) -> None:
    """I7: the same messages are redelivered when the lease has expired; possible duplicates are counted."""
    relay.relay(stream_event(events.images), Context())
    events.world.pipeline.drain()
    batch = sqs_event(messages(events))
    events.rewind()
    relay.relay(stream_event(events.images), Context())

    def work() -> None:
        emails.emails(batch, Context())

    lived, calls = events.run(work)
    assert lived
    assert calls.count("sesv2.SendEmail") == 4
    wrong, twice = {}, {}
    for point in points(calls):
        events.rewind()
        relay.relay(stream_event(events.images), Context())
        assert not events.run(work, point)[0]
        with later(LEASE):
            assert events.run(work)[0]
        found = events.wrong()
        if found or events.mails != 4 or events.duplicates > 1:
            wrong[f"{point} {calls[point.call]}"] = [*found, f"{events.mails} mails, {events.duplicates} twice"]
        if events.duplicates:
            twice[f"{point}"] = calls[point.call]
    assert wrong == {}, f"{len(points(calls))} crash points"
    assert len(twice) == 2 * calls.count("sesv2.SendEmail"), twice
