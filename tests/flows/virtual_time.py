"""A deployment on a virtual clock: its Zuora queue and the circuit breaker's minutes pass as fast as the test wants."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import settings, wiring
from chalicelib.clients.zuora import Zuora, ZuoraCredentials, new_pool
from chalicelib.functions import zuora, zuora_schedules
from tests.events import schedule_event
from tests.flows.virtual_queue import VirtualQueue
from tests.gateway import Context
from tests.world import ZUORA_ID, ZUORA_SECRET, World

START = datetime(2027, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Deployment:
    """A world whose clock stands still until it is moved, with a queue that lives by that clock."""

    world: World
    queue: VirtualQueue
    clock: Any
    minutes: int = 0
    delivering: bool = False

    def minute(self, *, guard: bool = True, news: bool = True) -> None:
        """A minute passes: the stream delivers new events, the queue its messages, and the circuit breaker runs."""
        self.clock.shift(MINUTE)
        self.minutes += 1
        if news:
            self.world.pipeline.stream()
        self.delivering = True
        while self.queue.deliver(zuora.zuora):
            pass
        self.delivering = False
        if guard:
            zuora_schedules.zuora_circuit_breaker(schedule_event(), Context())

    def until(self, holds: Callable[[], bool], *, most: int, news: bool = True) -> int:
        """How many minutes it takes; fails after that many."""
        for passed in range(most):
            if holds():
                return passed
            self.minute(news=news)
        raise AssertionError(f"not within {most} minutes; waiting: {self.queue.waiting}")


@contextmanager
def deployed(world: World, monkeypatch: pytest.MonkeyPatch, *, read_seconds: float = 10) -> Iterator[Deployment]:
    """The world with its clock stopped; ``read_seconds`` is how long the worker waits for an answer of Zuora.

    Requests are patient whatever the worker is: a busy machine does not make them fail.
    """
    with time_machine.travel(START, tick=False) as clock:
        queue = VirtualQueue(wiring.now)
        of_requests, of_worker = _client(10), _client(read_seconds)
        running = Deployment(world, queue, clock)
        monkeypatch.setattr(wiring, "queues", lambda: queue)
        monkeypatch.setattr(wiring, "zuora", lambda: of_worker if running.delivering else of_requests)
        monkeypatch.setattr(wiring, "receive_from_zuora_queue", queue.receive)
        yield running


def _client(read_seconds: float) -> Zuora:
    return Zuora(
        base_url=settings.current().zuora_base_url,
        credentials=lambda: ZuoraCredentials(ZUORA_ID, ZUORA_SECRET),
        pool=new_pool(read_seconds),
        pause=lambda: None,
    )
