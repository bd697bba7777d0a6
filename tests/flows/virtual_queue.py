"""A FIFO queue of SQS on a virtual clock: groups in order, visibility, receive counts, redrive, the mapping."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.environment import template
from tests.events import sqs_event
from tests.gateway import Context

_QUEUE = template()["Resources"]["ZuoraQueue"]["Properties"]
MOST_RECEIVES: int = _QUEUE["RedrivePolicy"]["maxReceiveCount"]
HIDDEN = timedelta(seconds=_QUEUE["VisibilityTimeout"])
KEPT = timedelta(days=14)


@dataclass(slots=True)
class Message:
    """One message with its history."""

    id: str
    body: str
    group: str
    sent_at: datetime
    visible_at: datetime
    received: int = 0


@dataclass(slots=True)
class VirtualQueue:
    """In place of ``Queues``; messages to the mail queue are dropped."""

    now: Callable[[], datetime]
    messages: list[Message] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    receiving: bool = True
    switched: int = 0
    most_received: int = 0
    deliveries: int = 0

    def send(self, _queue_url: str, _body: str) -> None:
        """A mail; not the subject here."""

    def send_in_order(self, queue_url: str, body: str, *, group: str, deduplication_id: str) -> None:
        """As ``Queues`` does; deduplication is left out, so that everything comes as often as it is sent."""
        if "dead" in queue_url:
            self.dead.append(body)
            return
        now = self.now()
        self.messages.append(Message(f"{deduplication_id}-{len(self.messages)}", body, group, now, now))

    def give_back(self, _queue_url: str, receipt_handle: str, *, seconds: int) -> None:
        """As ``Queues`` does."""
        next(each for each in self.messages if each.id == receipt_handle).visible_at = self.now() + timedelta(
            seconds=seconds
        )

    def receive(self, wanted: bool) -> None:  # noqa: FBT001 -- the signature of the real one
        """Enables or disables the event source mapping."""
        self.switched += wanted is not self.receiving
        self.receiving = wanted

    def deliver(self, function: Callable[[Any, Any], Any]) -> int:
        """Hands over the first message of every group whose first message is visible; returns how many."""
        if not self.receiving:
            return 0
        first: dict[str, Message] = {}
        for message in self.messages:
            first.setdefault(message.group, message)
        ready = [each for each in first.values() if each.visible_at <= self.now()]
        random.shuffle(ready)
        for message in ready:
            self.hand_over(message, function)
        return len(ready)

    def hand_over(self, message: Message, function: Callable[[Any, Any], Any]) -> None:
        """Hands one message over; it is gone if the function does not fail it, or has failed it too often."""
        message.received += 1
        self.deliveries += 1
        self.most_received = max(self.most_received, message.received)
        if message.received > MOST_RECEIVES or self.now() - message.sent_at > KEPT:
            self.messages.remove(message)
            self.dead.append(message.body)
            return
        message.visible_at = self.now() + HIDDEN
        record = {
            "MessageId": message.id,
            "ReceiptHandle": message.id,
            "Body": message.body,
            "Attributes": {"ApproximateReceiveCount": str(message.received)},
        }
        answer = function(sqs_event([record]), Context())
        if not answer["batchItemFailures"] and message in self.messages:
            self.messages.remove(message)

    @property
    def waiting(self) -> list[str]:
        """The ids of the events that wait."""
        return [json.loads(each.body)["event_id"] for each in self.messages]
