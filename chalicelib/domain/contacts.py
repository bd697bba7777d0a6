"""Contacts: our copy of the people whom Zuora knows for an account (R4, R51)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SyncState(StrEnum):
    """How our copy stands to Zuora's."""

    SYNCED = "synced"
    PENDING = "pending"
    FAILED = "failed"
    DELETED_IN_ZUORA = "deleted_in_zuora"


@dataclass(frozen=True, slots=True)
class Contact:
    """A Zuora contact; its id is Zuora's. Empty texts are empty strings.

    ``version`` counts our edits, ``synced_version`` the edit that Zuora has.
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
    synced_at: datetime
    version: int
    synced_version: int
