"""SQS: puts messages into queues, and gives a message back for later."""

from typing import Any

from botocore.config import Config

from chalicelib import aws

CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})


class Queues:
    """The queues by their URLs. botocore's errors pass: the caller's message or event simply stays."""

    def __init__(self, sqs: Any | None = None) -> None:
        self._sqs = sqs or aws.client("sqs", config=CONFIG)

    def send(self, queue_url: str, body: str) -> None:
        """Puts one message into a queue."""
        self._sqs.send_message(QueueUrl=queue_url, MessageBody=body)

    def send_in_order(self, queue_url: str, body: str, *, group: str, deduplication_id: str) -> None:
        """Puts one message into a FIFO queue: in order within its group, and once within five minutes."""
        self._sqs.send_message(
            QueueUrl=queue_url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=deduplication_id
        )

    def give_back(self, queue_url: str, receipt_handle: str, *, seconds: int) -> None:
        """Makes a received message visible again after that many seconds (0 to 43,200)."""
        self._sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)
