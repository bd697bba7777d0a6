"""The worker for Zuora crashes at any call to AWS or Zuora: delivered again, everything is done once (I5, I7)."""

import copy
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import wiring
from chalicelib.clients.zuora.transport import Request, Transport
from chalicelib.domain.event_entry import Queue
from chalicelib.domain.event_types import EventType
from chalicelib.functions import zuora
from tests.crash.boundaries import Armed, Point, armed, live, points
from tests.events import sqs_event
from tests.flows.test_zuora_faults import SyncCase, end_of, scene, sync_case
from tests.gateway import Context
from tests.invariants import rewritten_history, violations
from tests.world import World

logger = logging.getLogger(__name__)

LATER = timedelta(minutes=4)
"""The lease has run out, and no request that was sent before can still take effect."""


class Stage:
    """An account with an edited contact and new contact choices; nothing has reached Zuora yet."""

    def __init__(self, world: World, running: Armed) -> None:
        self.world, self._running = world, running
        self.case: SyncCase = sync_case(world, 1)
        before = {each["event_id"]["S"] for each in world.pipeline.history()}
        scene(self.case)
        routed = {event.value for event in EventType if Queue.ZUORA in event.entry.queues}
        news = [each for each in world.pipeline.history() if each["event_id"]["S"] not in before]
        self._messages = [_message(each) for each in news if each["type"]["S"] in routed]
        assert len(self._messages) == 3
        self.tables = world.everything()
        self._theirs = copy.deepcopy((world.zuora.state.accounts, world.zuora.state.contacts))

    def rewind(self) -> None:
        """Restores the initial state, in Zuora too."""
        self.world.rewind(self.tables)
        accounts, contacts = copy.deepcopy(self._theirs)
        self.world.zuora.state.accounts, self.world.zuora.state.contacts = accounts, contacts
        self.world.zuora._idempotency.clear()  # noqa: SLF001 -- what it answered before the rewinding
        self.world.zuora.forget_requests()

    def run(self, dies: Point | None = None) -> tuple[bool, list[str]]:
        """All messages, in a process of its own."""
        return live(self._running, self._work, dies)

    def recover(self) -> dict[str, Any]:
        """The messages are redelivered; returns the end state."""
        with time_machine.travel(wiring.now() + LATER, tick=True):
            lived, _ = self.run()
            assert lived
            return end_of(self.case)

    def _work(self) -> None:
        for message in self._messages:
            assert zuora.zuora(sqs_event([message]), Context())["batchItemFailures"] == []


def _message(image: dict[str, Any]) -> dict[str, Any]:
    body = {name: image[name]["S"] for name in ("stream", "event_id", "type")}
    return {"MessageId": image["event_id"]["S"], "ReceiptHandle": "handle", "Body": json.dumps(body)}


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with armed() as running:
        send = Transport.send

        def sent(transport: Transport, request: Request) -> dict[str, Any]:
            for process in running:
                process.before(f"zuora.{request.method} {request.template}")
            answer = send(transport, request)
            for process in running:
                process.after()
            return answer

        monkeypatch.setattr(Transport, "send", sent)
        yield Stage(world, running)


def test_a_worker_that_crashes_anywhere_and_is_run_again_does_everything_once(stage: Stage) -> None:
    """I5, I7, R51, R55: every boundary, before and after each call to AWS and to Zuora."""
    lived, calls = stage.run()
    assert lived
    expected = end_of(stage.case)
    assert (expected["assignments left"], set(expected["states"])) == (0, {"synced"})
    assert sum(call.startswith("zuora.") for call in calls) > 10
    wrong = {}
    for point in points(calls):
        stage.rewind()
        assert not stage.run(point)[0]
        found = stage.recover()
        differing = {name: (value, expected[name]) for name, value in found.items() if value != expected[name]}
        rewritten = rewritten_history(stage.tables, stage.world.everything()) + violations(stage.world)
        if differing or rewritten:
            wrong[f"{point} {calls[point.call]}"] = (differing, rewritten)
    logger.info("%d crash points", len(points(calls)))
    assert wrong == {}, f"{len(points(calls))} crash points"
