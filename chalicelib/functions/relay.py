"""Brings events to their queues: at once from the history's stream, and by a sweep what the stream has lost."""

import json
import logging
from datetime import datetime, timedelta

from chalice.app import Blueprint, CloudWatchEvent, DynamoDBEvent, Rate

from chalicelib import observability, settings, wiring
from chalicelib.domain.event_entry import Queue
from chalicelib.domain.event_types import type_as_it_is
from chalicelib.operations.history import relay_events
from chalicelib.operations.history.relay_events import UnknownEvent

bp = Blueprint(__name__)


@bp.on_dynamodb_record(stream_arn="arn:aws:dynamodb:see-the-resources-template", batch_size=50)
def relay(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Relays new events; the first that fails ends the batch, which begins again there."""
    for record in event:
        if record.event_name != "INSERT":
            continue
        image = record.new_image or {}
        try:
            stream, event_id, kind = image["stream"]["S"], image["event_id"]["S"], image["type"]["S"]
        except (KeyError, TypeError):
            observability.log("passed over: no event", level=logging.ERROR)
            observability.count("UnknownEvents")
            continue
        try:
            relay_events.relay(stream, event_id, type_as_it_is(kind), send=_send, now=wiring.now())
        except UnknownEvent:
            observability.log("passed over: unknown event", level=logging.ERROR, event_id=event_id, event_type=kind)
            observability.count("UnknownEvents")
            continue
        except Exception:  # noqa: BLE001 -- any failure: this event and the later ones come again
            observability.log_exception("relay failed", event_id=event_id, event_type=kind)
            observability.count("RelayFailures")
            return {"batchItemFailures": [{"itemIdentifier": record.sequence_number}]}
        lag = wiring.now() - datetime.fromisoformat(image["at"]["S"])
        observability.log("relayed", event_id=event_id, event_type=kind, lag_ms=_milliseconds(lag))
        observability.count("RelayLag", _milliseconds(lag), milliseconds=True)
    return {"batchItemFailures": []}


@bp.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(_event: CloudWatchEvent) -> None:
    """Relays events older than a minute that are still in the outbox."""
    found, unknown = relay_events.sweep(send=_send, now=wiring.now())
    if unknown:
        observability.count("UnknownEvents", unknown)
    observability.log("swept", count=found)
    observability.count("SweptEvents", found)


def _send(queue: Queue, body: str) -> None:
    current = settings.current()
    if queue is Queue.ZUORA:
        message = json.loads(body)
        _, _, about = message["stream"].partition("#")  # the account, or the contact that has none: one at a time
        wiring.queues().send_in_order(current.zuora_queue_url, body, group=about, deduplication_id=message["event_id"])
        return
    urls = {
        Queue.EMAILS: current.email_queue_url,
        Queue.SEARCH: current.search_queue_url,
        Queue.TRANSFERS: current.transfer_queue_url,
    }
    wiring.queues().send(urls[queue], body)


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
