"""Events: what the history says happened. An event carries ids and plain facts, never an address or a name.

The history item of an event is the audit record and the outbox at once: it is written in the same
transaction as the change, and from there it finds its way to the queues.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen

Fact = str | int | bool | None

_ACCOUNT = "account"


class EventType(StrEnum):
    """Everything that can happen. The same word names the operation, the mail folder and the test."""

    ACCOUNT_IMPORTED = "account_imported"
    CUSTOMER_BOUND = "customer_bound"
    LOGIN_DEACTIVATED = "login_deactivated"
    LOGIN_REACTIVATED = "login_reactivated"
    INVITATION_CREATED = "invitation_created"
    INVITATION_RESENT = "invitation_resent"
    INVITATION_REMINDED = "invitation_reminded"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_DECLINED = "invitation_declined"
    INVITATION_REVOKED = "invitation_revoked"
    INVITATION_EXPIRED = "invitation_expired"
    INVITATION_BOUNCED = "invitation_bounced"
    INVITATION_NEW_REQUESTED = "invitation_new_requested"
    INVITATION_SCRUBBED = "invitation_scrubbed"
    MANAGER_REMOVED = "manager_removed"
    MANAGER_LEFT = "manager_left"
    ROLE_CHANGED = "role_changed"
    MEMBERSHIP_GRANTED = "membership_granted"
    ACCOUNT_EDITED = "account_edited"
    CUSTOMER_CREATED = "customer_created"
    CUSTOMER_EDITED = "customer_edited"
    CUSTOMER_UNLINKED = "customer_unlinked"
    CUSTOMER_ERASED = "customer_erased"
    CONTACT_ERASED = "contact_erased"
    EMAIL_CHANGED = "email_changed"
    SIGN_IN_LINK_CREATED = "sign_in_link_created"
    SIGN_IN_LINK_USED = "sign_in_link_used"
    TRANSFER_STARTED = "transfer_started"
    TRANSFER_ADVANCED = "transfer_advanced"
    TRANSFER_ENDED = "transfer_ended"
    CONTACT_EDITED = "contact_edited"
    SOLD_TO_CHANGED = "sold_to_changed"
    BILL_TO_CHANGED = "bill_to_changed"
    CONTACT_ADDED = "contact_added"
    CONTACT_PLACED = "contact_placed"
    CONTACT_SYNC_FAILED = "contact_sync_failed"
    CONTACT_SYNC_REQUESTED = "contact_sync_requested"
    CONTACT_CHANGED_IN_ZUORA = "contact_changed_in_zuora"
    CONTACT_DELETED_IN_ZUORA = "contact_deleted_in_zuora"
    ACCOUNT_CHANGED_IN_ZUORA = "account_changed_in_zuora"
    CALLOUT_RECEIVED = "callout_received"
    SUPPRESSION_LIFTED = "suppression_lifted"


def type_as_it_is(word: str) -> EventType:
    """The type of an event, also of one that a newer version of the service has written: that reads as its word."""
    try:
        return EventType(word)
    except ValueError:
        strange = str.__new__(EventType, word)
        strange._name_, strange._value_ = "UNKNOWN", word
        return strange


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
