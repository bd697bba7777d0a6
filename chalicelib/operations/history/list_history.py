"""Lists the history of an account."""

from datetime import datetime

from chalicelib.domain import event_facts
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import enter
from chalicelib.operations.pages import PageRequest
from chalicelib.store import history
from chalicelib.store.bounded import Found


def list_history(
    person: SignedIn,
    account_id: str,
    types: frozenset[EventType],
    part: PageRequest,
    *,
    now: datetime,
) -> Found[Event]:
    """Events as managers see them, newest first (R40). Refuses: AccountNotFound, Forbidden."""
    enter(person, account_id, Permission.VIEW_HISTORY, now=now)
    found = history.part_of_stream(account_stream(account_id), types=types, limit=part.limit, before=part.position)
    return Found([event_facts.for_managers(event) for event in found.things], found.next_position)
