"""The consumer of the search queue: files what each event names."""

import json
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import observability
from chalicelib.operations.search import index_search as indexing

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="${SearchQueue.QueueName}", batch_size=10, maximum_concurrency=5)
def index_search(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Brings the index up to a batch of events; the messages of those that fail come again later."""
    failures = []
    for record in event:
        message = record.to_dict()
        try:
            _file(message)
        except Exception:  # noqa: BLE001 -- one bad message must not take the batch with it; it comes again
            observability.log_exception("search failed", message_id=message["messageId"])
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def _file(message: dict[str, Any]) -> None:
    body = json.loads(message["body"])
    changed = indexing.index_event(body["stream"], body["event_id"])
    observability.log("filed", event_id=body["event_id"], event_type=body["type"], count=changed)
