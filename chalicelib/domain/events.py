"""Events: what the history says happened. An event carries ids and plain facts, never an address or a name.

The history item of an event is the audit record and the outbox at once: it is written in the same
transaction as the change, and from there it finds its way to the queues.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.domain.event_types import EventType
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen

Fact = str | int | bool | None

_ACCOUNT = "account"


@frozen
class Event:
    """One thing that happened.

    ``stream`` is the partition that it is read from (``account#<id>`` or ``customer#<id>``),
    ``subject`` what it happened to (``invitation:<id>``, ``manager:<id>``, ``account:<id>``,
    ``customer:<id>``), ``data`` the facts, before and after where something changed.
    """

    id: str
    stream: str
    type: EventType
    at: datetime
    actor: Actor
    subject: str
    account_id: str | None
    data: Mapping[str, Fact]


def account_stream(account_id: str) -> str:
    """The stream of an account's events."""
    return f"{_ACCOUNT}#{account_id}"


def account_of(stream: str) -> str | None:
    """The id of the account whose stream that is, None for any other."""
    kind, _, its_id = stream.partition("#")
    return its_id if kind == _ACCOUNT else None


def customer_stream(customer_id: str) -> str:
    """The stream of the events that concern a person and no account."""
    return f"customer#{customer_id}"


def contact_stream(contact_id: str) -> str:
    """The stream of the events of a contact that belongs to no account here."""
    return f"contact#{contact_id}"


def callout_stream(about: str) -> str:
    """The stream of Zuora's notices about an account or contact of ours."""
    return f"callout#{about}"


def address_stream(pseudonym: str) -> str:
    """The stream of what support did about an address, which is named by its pseudonym."""
    return f"address#{pseudonym}"


def stream_of_contact(contact_id: str, account_id: str | None) -> str:
    """The stream of a contact's events: that of its account, or its own if it has none here."""
    return account_stream(account_id) if account_id else contact_stream(contact_id)


def new_event(
    stream: str,
    *,
    event_id: str,
    event_type: EventType,
    at: datetime,
    actor: Actor,
    subject: str,
    **data: Fact,
) -> Event:
    """An event in that stream, and of its account if it is an account's."""
    return Event(event_id, stream, event_type, at, actor, subject, account_of(stream), data)
