"""Transfers of ownership: the consumer of their queue, and a schedule that catches missed messages."""

import json
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib import observability, wiring
from chalicelib.operations.transfers import advance_transfer as transferring

bp = Blueprint(__name__)

_SPARE_MILLISECONDS = 10_000


@bp.on_sqs_message(queue="${TransferQueue.QueueName}", batch_size=5, maximum_concurrency=5)
def advance_transfers(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Takes the transfers that a batch of events concerns further; messages of those that fail come again later."""
    failures = []
    for record in event:
        message = record.to_dict()
        try:
            _advance(message)
        except Exception:  # noqa: BLE001 -- one bad message must not take the batch with it; it comes again
            observability.log_exception("transfer failed", message_id=message["messageId"])
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


@bp.schedule(Rate(1, unit=Rate.MINUTES))
def nudge_transfers(event: CloudWatchEvent) -> None:
    """Takes every open transfer as far as it goes, the longest untouched first."""
    context: Any = event.context
    went_on = failed = 0
    for key in transferring.open_transfers():
        if context.get_remaining_time_in_millis() < _SPARE_MILLISECONDS:
            break
        try:
            went_on += transferring.went_on(key, wiring.context())
        except Exception:  # noqa: BLE001 -- one transfer must not keep the others waiting
            failed += 1
            observability.log_exception("transfer failed", transfer_id=key.hash_key)
    observability.log("nudged transfers", count=went_on, failed=failed)
    observability.count("TransfersNudged", went_on)
    if failed:
        observability.count("TransferFailures", failed)


def _advance(message: dict[str, Any]) -> None:
    body = json.loads(message["body"])
    state = transferring.advance_named_by(body["stream"], body["event_id"], wiring.context())
    if state is not None:
        observability.log("transfer", event_id=body["event_id"], event_type=body["type"], state=state.value)
