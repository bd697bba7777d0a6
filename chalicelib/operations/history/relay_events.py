"""Relays events from the history to the queues of their consumers."""

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from chalicelib.domain.event_entry import Queue
from chalicelib.domain.event_types import EventType
from chalicelib.store import history, reading

logger = logging.getLogger(__name__)

OLD_ENOUGH = timedelta(seconds=60)
"""How old an event must be before the sweeper takes it for lost by the stream."""

_A_SWEEP = 500
_A_ROUND = 100


Send = Callable[[Queue, str], None]
"""Puts a message into a queue; raises if it cannot."""


class UnknownEvent(Exception):
    """An event of a newer version of the service: where it goes is not known here, so it stays in the outbox."""


def relay(stream: str, event_id: str, event_type: EventType, *, send: Send, now: datetime) -> None:
    """Sends an event to its queues, then takes it out of the outbox.

    In this order, so that a crash in between sends twice rather than never; consumers are idempotent.
    Messages carry ids only. Whatever ``send`` raises passes, and the event stays in the outbox; so it does with
    UnknownEvent, until a version relays it that knows its type.
    """
    if not event_type.is_known:
        raise UnknownEvent(event_type)
    for queue in sorted(event_type.entry.queues):
        send(queue, json.dumps({"stream": stream, "event_id": event_id, "type": event_type.value}))
    history.mark_relayed(stream, event_id, now=now)


def sweep(*, send: Send, now: datetime) -> tuple[int, int]:
    """Relays what the stream has lost, oldest first; returns how many, and how many it passed over as unknown.

    One event that cannot be sent or read does not keep the others waiting, however many such there are; the last
    failure is raised at the end.
    """
    failure: Exception | None = None
    after: str | None = None
    taken = unknown = 0
    while taken < _A_SWEEP:
        keys = history.unrelayed(before=now - OLD_ENOUGH, limit=_A_ROUND, after=after)
        for event in reading.many([reading.if_readable(key) for key in keys]):
            if event is None or not event.type.is_known:
                unknown += 1
                continue
            taken += 1
            try:
                relay(event.stream, event.id, event.type, send=send, now=now)
            except Exception as error:  # noqa: BLE001 -- raised below, after the others had their turn
                failure = error
        if len(keys) < _A_ROUND:
            break
        after = keys[-1].range_key
    if failure is not None:
        raise failure
    return taken, unknown
