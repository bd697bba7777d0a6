"""Edits one's own record: names and language (R41). Zuora's contacts stay as they are; managers edit those (R51)."""

from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.customers import changed_fields
from chalicelib.domain.errors import NoOwnRecord
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import customer_stream, new_event
from chalicelib.domain.people import SignedIn, customer_actor
from chalicelib.frozen import frozen
from chalicelib.operations.customers.view_me import Me, view_me
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import customers, edits, history
from chalicelib.store.transaction import commit


@frozen
class OwnEdit:
    """The changes, None for what stays."""

    first_name: str | None
    last_name: str | None
    locale: str | None


@retry_on_change
def edit_me(person: SignedIn, edit: OwnEdit, *, now: datetime) -> Me:
    """Changes names and language of the signed-in person; an edit without changes does nothing.

    Refuses: LoginDeactivated, SignInNotLinked, NoOwnRecord.
    """
    seen = view_me(person, now=now)
    before = seen.customer
    if before is None:
        raise NoOwnRecord
    after = replace(
        before,
        first_name=edit.first_name or before.first_name,
        last_name=edit.last_name or before.last_name,
        locale=edit.locale or before.locale,
    )
    changes = changed_fields(before, after)
    if not changes:
        return seen
    after = replace(after, version=before.version + 1)
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        customer_stream(after.id),
        event_id=event_id,
        event_type=EventType.CUSTOMER_EDITED,
        at=now,
        actor=customer_actor(after.id),
        subject=f"customer:{after.id}",
        customer_id=after.id,
        fields=", ".join(changes),
        version=after.version,
    )
    commit(
        customers.edit(before, after),
        history.record(event),
        edits.of_customer(event.id, after.id, changes),
    )
    return replace(seen, customer=after)
