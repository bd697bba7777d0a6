"""Where transfers are played: a deployment on a virtual clock, in which their queue and schedule run too (R66)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import observability, settings, wiring
from chalicelib.functions import schedules, transfers
from chalicelib.store import connection, identities
from tests import table_dump
from tests.cloud import dynamodb
from tests.events import schedule_event, sqs_event
from tests.flows.virtual_queue import VirtualQueue
from tests.flows.virtual_time import START, Deployment
from tests.gateway import Context
from tests.model.deployment import batch_get_item
from tests.table_dump import Dump, Item, plain_items
from tests.world import World

ENDS = ("completed", "failed", "cancelled")
DAY, A_BATCH = timedelta(days=1), 5


@dataclass
class Queues:
    """In the place of ``Queues``: Zuora's as it is, the one of the transfers beside it; the others are let go."""

    in_order: VirtualQueue
    bodies: list[str] = field(default_factory=list)

    def send(self, queue_url: str, body: str) -> None:
        """Keeps what is for the transfers."""
        if queue_url == settings.current().transfer_queue_url:
            self.bodies.append(body)

    def send_in_order(self, queue_url: str, body: str, *, group: str, deduplication_id: str) -> None:
        """As it is."""
        self.in_order.send_in_order(queue_url, body, group=group, deduplication_id=deduplication_id)

    def give_back(self, queue_url: str, receipt_handle: str, *, seconds: int) -> None:
        """As it is."""
        self.in_order.give_back(queue_url, receipt_handle, seconds=seconds)


@dataclass
class TransferDeployment:
    """For one play after the other. ``complaints`` are the failures that functions have caught.

    ``look`` is called after every run of a function for transfers.
    """

    deployment: Deployment
    queues: Queues
    complaints: list[str]
    look: Callable[[str], None] = lambda _cause: None

    @property
    def world(self) -> World:
        """The service and everybody around it."""
        return self.deployment.world

    def cleared(self) -> None:
        """As on the first day."""
        for table in dynamodb().tables.values():
            table.items.clear()
        identities.forget_all()
        self.world.zuora.reset()
        self.deployment.clock.move_to(START)
        self.deployment.minutes = 0
        self.look = lambda _cause: None
        for kept in (self.queues.bodies, self.deployment.queue.messages, self.deployment.queue.dead, self.complaints):
            kept.clear()

    # What is so

    def facts(self) -> Dump:
        """What the tables say."""
        return table_dump.read(self.world.everything())

    def transfers(self) -> dict[str, Item]:
        """All transfers, the oldest first."""
        items = [it for it in plain_items(self.world, "Transfers") if it["key"].startswith("tra_")]
        items.sort(key=lambda it: str(it["started_at"]))
        return {it["key"]: {**it, "done": json.loads(it["done"])} for it in items}

    def under_way(self) -> Item | None:
        """The transfer that has not ended."""
        return next((it for it in self.transfers().values() if it["state"] not in ENDS), None)

    # The actions of time and messages

    def messages(self, _: None = None) -> None:
        """What has happened is told, and the transfers hear of it, at once."""
        while self.world.pipeline.stream() + self._deliver():
            pass

    def lose(self, _: None = None) -> None:
        """Nobody tells the transfers what has happened."""
        self.world.pipeline.stream()
        self.queues.bodies.clear()

    def repeat(self, _: None = None) -> None:
        """Everything is told once more, the newest first."""
        self.world.pipeline.forget_stream()
        self.world.pipeline.stream()
        self.queues.bodies.reverse()

    def nudge(self, _: None = None) -> None:
        """The schedule of the transfers comes by."""
        transfers.nudge_transfers(schedule_event(), Context())
        self.look("nudge")

    def jump(self, days: int) -> None:
        """Nothing happens for days, to no message either; then the schedules come by one after the other."""
        self.deployment.clock.shift(days * DAY)
        for message in self.deployment.queue.messages:
            message.sent_at += days * DAY

    def wait(self, minutes: int) -> None:
        """Time goes by, with everything that runs in it."""
        for _ in range(minutes):
            self.deployment.minute()
            self._deliver()
            self.nudge()
            if not self.deployment.minutes % 5:
                self.run_schedule()

    def run_schedule(self) -> None:
        """The schedule of the invitations comes by."""
        schedules.invitation_schedule({**schedule_event(), "time": wiring.now().isoformat()}, Context())

    def rest(self) -> None:
        """Zuora works, everything arrives, and the schedules come by until nothing changes any more."""
        self.world.zuora.heal()
        quiet = 0
        for _ in range(120):
            before = self.transfers()
            self.run_schedule()
            self.wait(1)
            moving = self.deployment.queue.messages or self.queues.bodies or self.transfers() != before
            quiet = 0 if moving else quiet + 1
            if quiet > 1:
                return
        raise AssertionError(f"no rest: {self.deployment.queue.waiting}, {self.transfers()}")

    def _deliver(self) -> int:
        """The transfers hear what waits for them; returns how many messages that were."""
        bodies, self.queues.bodies[:] = list(self.queues.bodies), []
        for first in range(0, len(bodies), A_BATCH):
            batch = [{"MessageId": body, "ReceiptHandle": body, "Body": body} for body in bodies[first:][:A_BATCH]]
            answer = transfers.advance_transfers(sqs_event(batch), Context())
            assert answer == {"batchItemFailures": []}, self.complaints
            self.look("messages")
        return len(bodies)


def staged(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> TransferDeployment:
    """The stage on that deployment."""
    queues, complaints = Queues(deployment.queue), list[str]()
    monkeypatch.setattr(wiring, "queues", lambda: queues)
    monkeypatch.setattr(connection.client(), "batch_get_item", batch_get_item)

    def complain(what: str, **fields: Any) -> None:
        complaints.append(f"{what}: {fields}")

    monkeypatch.setattr(observability, "log_exception", complain)
    return TransferDeployment(deployment, queues, complaints)
