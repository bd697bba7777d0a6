"""The events that AWS hands to functions, made from what is in the tables and the queues."""

from datetime import UTC, datetime
from typing import Any

_TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/History"


def stream_event(images: list[dict[str, Any]], *, name: str = "INSERT") -> dict[str, Any]:
    """A DynamoDB stream batch with these new images (DynamoDB JSON), in their order."""
    return {
        "Records": [
            {
                "eventID": f"{index:032d}",
                "eventName": name,
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "eventSourceARN": f"{_TABLE}/stream/2026-01-01T00:00:00.000",
                "dynamodb": {
                    "ApproximateCreationDateTime": datetime.now(UTC).timestamp(),
                    "Keys": {"stream": image["stream"], "event_id": image["event_id"]},
                    "NewImage": image,
                    "SequenceNumber": f"{index + 1:021d}",
                    "SizeBytes": 400,
                    "StreamViewType": "NEW_IMAGE",
                },
            }
            for index, image in enumerate(images)
        ]
    }


def sqs_event(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """An SQS batch of messages as ReceiveMessage gave them."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes") or {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": message.get("MD5OfBody", ""),
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:emails",
                "awsRegion": "us-east-1",
            }
            for message in messages
        ]
    }


def schedule_event() -> dict[str, Any]:
    """A scheduled EventBridge event."""
    return {
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"],
        "detail": {},
    }
