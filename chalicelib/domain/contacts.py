"""Contacts: our copy of the people whom Zuora knows for an account, and who is wanted in a part (R4, R51, R55)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from chalicelib.frozen import frozen

FIELDS = (
    "first_name",
    "last_name",
    "work_email",
    "address1",
    "address2",
    "city",
    "state",
    "postal_code",
    "country",
)
"""What of a contact can be edited here, and what is kept equal in Zuora."""


class ContactRole(StrEnum):
    """The two parts that a contact can play on an account; one contact may play both."""

    SOLD_TO = "sold_to"
    BILL_TO = "bill_to"


class SyncState(StrEnum):
    """Whether our copy is in step with Zuora's."""

    SYNCED = "synced"
    PENDING = "pending"
    FAILED = "failed"
    DELETED_IN_ZUORA = "deleted_in_zuora"


@frozen
class SyncError:
    """Why Zuora refused permanently: its code and its reason."""

    code: str
    reason: str


@frozen
class Sent:
    """A version that is being written to Zuora: until that moment the request may still take effect there."""

    version: int
    until: datetime


@frozen
class Contact:
    """A Zuora contact; its id is Zuora's. Empty texts are empty strings.

    ``version`` counts our edits, ``synced_version`` is the edit that Zuora has, ``edited`` names the fields that
    were edited since; ``sync_at`` is since when ``sync_state`` holds.
    """

    id: str
    account_id: str | None
    first_name: str
    last_name: str
    work_email: str
    address1: str
    address2: str
    city: str
    state: str
    postal_code: str
    country: str
    sync_state: SyncState
    sync_at: datetime
    sync_error: SyncError | None
    version: int
    synced_version: int
    sent: Sent | None = None
    edited: frozenset[str] = frozenset()

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields that are kept equal."""
        return {name: getattr(self, name) for name in FIELDS}

    @property
    def edits(self) -> Mapping[str, str]:
        """What was edited here and is to be written to Zuora; what somebody edits there meanwhile stays."""
        return {name: value for name, value in self.fields.items() if name in self.edited}

    @property
    def is_dirty(self) -> bool:
        """Whether there is an edit that Zuora does not have yet."""
        return self.version > self.synced_version

    @property
    def is_waiting(self) -> bool:
        """Whether the queue is to bring Zuora up to this contact; not after Zuora refused it permanently."""
        return self.is_dirty and self.sync_state is SyncState.PENDING


@frozen
class ContactAssignment:
    """Who is to play a part on an account, until Zuora has it so.

    ``fields`` are those of the contact; ``contact_id`` is its Zuora id once it is known that it exists.
    ``customer_id`` is the manager who was chosen, None for a custom contact. ``version`` grows from assignment to
    assignment for this part of this account, also when an earlier one is long fulfilled: Zuora's Idempotency-Key is
    made of it and of ``attempt``, which counts the tries that Zuora answered with "not now". ``chosen_by`` is the
    customer who chose, None for support; ``transfer_id`` names the transfer that it belongs to. ``replaces`` is the
    Zuora contact that played the part when the choice was made.
    """

    account_id: str
    part: ContactRole
    fields: Mapping[str, str]
    contact_id: str | None
    customer_id: str | None
    version: int
    chosen_at: datetime
    error: SyncError | None
    attempt: int = 0
    sent: Sent | None = None
    chosen_by: str | None = None
    transfer_id: str | None = None
    replaces: str | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the queue is to fulfil it; not after Zuora refused it permanently."""
        return self.error is None

    @property
    def is_under_way(self) -> bool:
        """Whether a request for this very assignment may have taken effect in Zuora."""
        return self.sent is not None and self.sent.version == self.version


def assignment_version(before: ContactAssignment | None, now: datetime) -> int:
    """The version of a new assignment: above every earlier one, without a record of those that are fulfilled."""
    moment = int(now.timestamp() * 1000)
    return moment if before is None else max(moment, before.version + 1)
