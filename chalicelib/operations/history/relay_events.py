"""Brings events from the history to the queues of those who have to act on them."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.events import EventType
from chalicelib.store import history, reading

logger = logging.getLogger(__name__)

OLD_ENOUGH = timedelta(seconds=60)
"""How old an event must be before the sweeper takes it for lost by the stream."""

_A_SWEEP = 500
_A_ROUND = 100


class Queue(StrEnum):
    """The queues that events can go to."""

    EMAILS = "emails"
    ZUORA = "zuora"
    SEARCH = "search"
    TRANSFERS = "transfers"


ROUTES: Mapping[EventType, frozenset[Queue]] = {
    EventType.ACCOUNT_IMPORTED: frozenset({Queue.SEARCH}),
    EventType.CUSTOMER_BOUND: frozenset({Queue.SEARCH}),
    EventType.LOGIN_DEACTIVATED: frozenset({Queue.EMAILS, Queue.SEARCH}),
    EventType.LOGIN_REACTIVATED: frozenset({Queue.EMAILS, Queue.SEARCH}),
    EventType.INVITATION_CREATED: frozenset({Queue.EMAILS}),
    EventType.INVITATION_RESENT: frozenset({Queue.EMAILS}),
    EventType.INVITATION_REMINDED: frozenset({Queue.EMAILS}),
    EventType.INVITATION_ACCEPTED: frozenset({Queue.EMAILS, Queue.SEARCH, Queue.TRANSFERS}),
    EventType.INVITATION_DECLINED: frozenset({Queue.EMAILS, Queue.TRANSFERS}),
    EventType.INVITATION_REVOKED: frozenset({Queue.EMAILS, Queue.TRANSFERS}),
    EventType.INVITATION_EXPIRED: frozenset({Queue.EMAILS, Queue.TRANSFERS}),
    EventType.INVITATION_BOUNCED: frozenset({Queue.EMAILS}),
    EventType.INVITATION_NEW_REQUESTED: frozenset({Queue.EMAILS}),
    EventType.INVITATION_SCRUBBED: frozenset(),
    EventType.MANAGER_REMOVED: frozenset({Queue.EMAILS}),
    EventType.MANAGER_LEFT: frozenset({Queue.EMAILS}),
    EventType.ROLE_CHANGED: frozenset({Queue.EMAILS}),
    EventType.MEMBERSHIP_GRANTED: frozenset({Queue.EMAILS, Queue.SEARCH}),
    EventType.ACCOUNT_EDITED: frozenset({Queue.SEARCH}),
    EventType.CUSTOMER_CREATED: frozenset({Queue.SEARCH}),
    EventType.CUSTOMER_EDITED: frozenset({Queue.SEARCH}),
    EventType.CUSTOMER_UNLINKED: frozenset(),
    EventType.CUSTOMER_ERASED: frozenset({Queue.SEARCH}),
    EventType.CONTACT_ERASED: frozenset({Queue.SEARCH}),
    EventType.EMAIL_CHANGED: frozenset({Queue.EMAILS, Queue.SEARCH}),
    EventType.SIGN_IN_LINK_CREATED: frozenset(),
    EventType.SIGN_IN_LINK_USED: frozenset(),
    EventType.TRANSFER_STARTED: frozenset({Queue.TRANSFERS}),
    EventType.TRANSFER_ADVANCED: frozenset({Queue.TRANSFERS}),
    EventType.TRANSFER_ENDED: frozenset({Queue.EMAILS}),
    EventType.CONTACT_EDITED: frozenset({Queue.ZUORA, Queue.SEARCH}),
    EventType.SOLD_TO_CHANGED: frozenset({Queue.ZUORA}),
    EventType.BILL_TO_CHANGED: frozenset({Queue.ZUORA}),
    EventType.CONTACT_ADDED: frozenset({Queue.SEARCH}),
    EventType.CONTACT_PLACED: frozenset({Queue.EMAILS, Queue.SEARCH, Queue.TRANSFERS}),
    EventType.CONTACT_SYNC_FAILED: frozenset({Queue.EMAILS, Queue.TRANSFERS}),
    EventType.CONTACT_SYNC_REQUESTED: frozenset({Queue.ZUORA}),
    EventType.CONTACT_CHANGED_IN_ZUORA: frozenset({Queue.SEARCH}),
    EventType.CONTACT_DELETED_IN_ZUORA: frozenset({Queue.SEARCH}),
    EventType.ACCOUNT_CHANGED_IN_ZUORA: frozenset({Queue.SEARCH, Queue.TRANSFERS}),
    EventType.CALLOUT_RECEIVED: frozenset({Queue.ZUORA}),
    EventType.SUPPRESSION_LIFTED: frozenset(),
}
"""Where each event goes; every type is named, also those that go nowhere (a guard test)."""

Send = Callable[[Queue, str], None]
"""Puts a message into a queue; raises if it cannot."""


class UnknownEvent(Exception):
    """An event of a newer version of the service: where it goes is not known here, so it stays in the outbox."""


def relay(stream: str, event_id: str, event_type: EventType, *, send: Send, now: datetime) -> None:
    """Sends an event to its queues, then takes it out of the outbox.

    In this order, so that a crash in between sends twice and never not at all; consumers cope with twice.
    Messages carry ids only. Whatever ``send`` raises passes, and the event stays in the outbox; so it does with
    UnknownEvent, until a version relays it that knows its type.
    """
    if event_type not in ROUTES:
        raise UnknownEvent(event_type)
    for queue in sorted(ROUTES[event_type]):
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
            if event is None or event.type not in ROUTES:
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
