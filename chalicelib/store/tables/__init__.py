"""The tables: keys, attributes, indexes. No logic; ``docs/data-model.md`` shows them side by side.

Table names and the client come late (``connection``), so importing this touches nothing.
"""

from typing import Any

from pynamodb.models import Model

from chalicelib.store.tables.accounts import AccountItem, MembershipItem
from chalicelib.store.tables.contacts import ContactItem, SyncItem
from chalicelib.store.tables.customers import CustomerItem
from chalicelib.store.tables.desk import SearchItem, TransferItem
from chalicelib.store.tables.history import HistoryItem
from chalicelib.store.tables.invitations import InvitationItem
from chalicelib.store.tables.records import DeliveryItem, IdempotencyItem, LimitItem

__all__ = [
    "MODELS",
    "AccountItem",
    "ContactItem",
    "CustomerItem",
    "DeliveryItem",
    "HistoryItem",
    "IdempotencyItem",
    "InvitationItem",
    "LimitItem",
    "MembershipItem",
    "Raw",
    "SearchItem",
    "SyncItem",
    "TransferItem",
]

MODELS: dict[str, type[Model]] = {
    "Accounts": AccountItem,
    "Memberships": MembershipItem,
    "Customers": CustomerItem,
    "Invitations": InvitationItem,
    "Contacts": ContactItem,
    "History": HistoryItem,
    "Deliveries": DeliveryItem,
    "Idempotency": IdempotencyItem,
    "Limits": LimitItem,
    "Syncs": SyncItem,
    "Search": SearchItem,
    "Transfers": TransferItem,
}
"""Every table by its name in the template."""

Raw = dict[str, dict[str, Any]]
"""An item as DynamoDB writes it: attribute name to typed value."""
