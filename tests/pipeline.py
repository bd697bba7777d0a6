"""What AWS does between our functions: history stream to relay, queue to mail function, the sweep."""

import json
import os
from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.functions import emails, relay, search, transfers, zuora
from tests.events import schedule_event, sqs_event, stream_event
from tests.gateway import Context
from tests.speed import is_empty, stored

_DESK: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("SEARCH_QUEUE_URL", search.index_search),
    ("TRANSFER_QUEUE_URL", transfers.advance_transfers),
)


class Pipeline:
    """Delivers what waits between the functions, as often as it is asked to.

    While ``zuora_waits``, nothing of Zuora's queue is delivered.
    """

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url
        self.zuora_waits = False
        self._relayed: set[str] = set()

    def stream(self) -> int:
        """Hands the relay every event that its stream has not brought yet; returns how many."""
        fresh = [image for image in self.history() if image["event_id"]["S"] not in self._relayed]
        if fresh:
            relay.relay(stream_event(fresh), Context())
            self._relayed |= {image["event_id"]["S"] for image in fresh}
        return len(fresh)

    def lose_stream(self) -> None:
        """The stream brings nothing of what has happened until now."""
        self._relayed |= {image["event_id"]["S"] for image in self.history()}

    def forget_stream(self, account_id: str | None = None) -> None:
        """The stream brings everything once more, or everything of one account."""
        again = {
            image["event_id"]["S"]
            for image in self.history()
            if account_id in (None, image.get("account_id", {}).get("S"))
        }
        self._relayed -= again

    def sweep(self) -> None:
        """Runs the scheduled sweep."""
        relay.sweep(schedule_event(), Context())

    def queue(self, *, deliver_twice: bool = False) -> int:
        """Hands the mail function what is visible in its queue; deletes what it did not fail. Returns how many."""
        if is_empty(self._queue_url):
            return 0
        sqs = boto3.client("sqs")
        found = sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, AttributeNames=["All"])
        messages: list[Any] = found.get("Messages", [])
        if deliver_twice:
            emails.emails(sqs_event(messages), Context())
        answer = emails.emails(sqs_event(messages), Context())
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def drain(self) -> None:
        """Until nothing moves any more: stream, queues, and what the consumers cause in turn."""
        while self.stream() + self.queue() + self.zuora() + self.desk_queues():
            pass

    def zuora(self) -> int:
        """Hands the worker for Zuora what is visible in its queue; returns how many messages it was done with."""
        if self.zuora_waits:
            return 0
        sqs, url = boto3.client("sqs"), os.environ["ZUORA_QUEUE_URL"]
        if is_empty(url):
            return 0
        found: list[Any] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get(
            "Messages", []
        )
        done = 0
        for message in found:
            if not zuora.zuora(sqs_event([message]), Context())["batchItemFailures"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                done += 1
        return done

    def desk_queues(self, *, deliver_twice: bool = False) -> int:
        """Hands the desk's consumers what is visible in their queues; deletes what they did not fail."""
        return sum(self._consume(name, function, deliver_twice=deliver_twice) for name, function in _DESK)

    def _consume(self, variable: str, function: Callable[..., Any], *, deliver_twice: bool) -> int:
        sqs, url = boto3.client("sqs"), os.environ[variable]
        if is_empty(url):
            return 0
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        messages: list[Any] = found.get("Messages", [])
        for _ in range(1 + deliver_twice if messages else 0):
            answer = function(sqs_event(messages), Context())
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]} if messages else set()
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages) - len(failed)

    def waiting(self) -> list[dict[str, Any]]:
        """The bodies of the messages in the queue, visible or not."""
        sqs = boto3.client("sqs")
        found = sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    def history(self) -> list[dict[str, Any]]:
        """All history items, in the order of their ids, as DynamoDB JSON."""
        return sorted(stored("History"), key=lambda item: str(item["event_id"]["S"]))
