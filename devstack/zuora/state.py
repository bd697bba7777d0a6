"""What the fake tenant holds: plain records in memory, under one lock, savable as one JSON file."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devstack.zuora.refusals import not_found

Record = dict[str, Any]

# Fields that we keep and Zuora's v1 answers do not show.
INTERNAL = frozenset({"sequence", "createdDate", "updatedDate", "deletedAt"})


class State:
    """The tables of the tenant. A caller that reads or writes them holds ``lock``."""

    def __init__(self, *, clock: Callable[[], float], linger: float) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.linger = linger  # seconds for which a deleted contact can still be read, as on the real thing
        self.reset()

    def reset(self) -> None:
        """Forgets every record."""
        self.accounts: dict[str, Record] = {}
        self.contacts: dict[str, Record] = {}
        self.subscriptions: dict[str, Record] = {}
        self.invoices: dict[str, Record] = {}
        self.payment_methods: dict[str, Record] = {}
        self._sequence = 0

    def new_record(self, **fields: Any) -> Record:
        """A record with an id, its place in the order of creation, and time stamps; a given id is kept."""
        self._sequence += 1
        now = self.timestamp()
        basics = {"id": uuid.uuid4().hex, "sequence": self._sequence, "createdDate": now, "updatedDate": now}
        return basics | fields

    def timestamp(self) -> str:
        """Now, as Object Query writes times."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def account(self, key: str) -> Record:
        """The account with this id or number; refuses unknown ones."""
        by_id = self.accounts.get(key)
        if by_id:
            return by_id
        by_number = [account for account in self.accounts.values() if account["accountNumber"] == key]
        if not by_number:
            raise not_found(key)
        return by_number[0]

    def forget_account(self, account_id: str) -> None:
        """Removes an account and everything that belongs to it."""
        del self.accounts[account_id]
        for table in (self.contacts, self.subscriptions, self.invoices, self.payment_methods):
            for record_id in [record["id"] for record in table.values() if record["accountId"] == account_id]:
                del table[record_id]

    def contact(self, contact_id: str) -> Record:
        """The contact with this id; refuses unknown and deleted ones."""
        contact = self.contacts.get(contact_id)
        if contact is None or self._is_gone(contact):
            raise not_found(contact_id)
        return contact

    def contacts_of(self, account_id: str) -> list[Record]:
        """The account's contacts that are not deleted."""
        return [
            contact
            for contact in self.contacts.values()
            if contact["accountId"] == account_id and contact["deletedAt"] is None
        ]

    def roles(self, contact_id: str) -> list[str]:
        """Which of an account's contact fields point to this contact."""
        return [
            role
            for account in self.accounts.values()
            for role in ("billToId", "soldToId", "shipToId")
            if account[role] == contact_id
        ]

    def save(self, path: Path) -> None:
        """Writes every record to a file."""
        with self.lock:
            path.write_text(json.dumps({"sequence": self._sequence} | {name: getattr(self, name) for name in _TABLES}))

    def load(self, path: Path) -> None:
        """Takes the records of a saved file; a missing file is an empty tenant."""
        if not path.exists():
            return
        saved = json.loads(path.read_text())
        with self.lock:
            self._sequence = saved["sequence"]
            for name in _TABLES:
                setattr(self, name, saved[name])

    def _is_gone(self, contact: Record) -> bool:
        deleted_at = contact["deletedAt"]
        return deleted_at is not None and self.clock() - deleted_at >= self.linger


_TABLES = ("accounts", "contacts", "subscriptions", "invoices", "payment_methods")
