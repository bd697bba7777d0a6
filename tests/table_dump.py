"""What the tables say, sorted into the things of the domain; made from plain table dumps (DynamoDB JSON)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from tests.world import World

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
"""The template's tables by their logical ids ("Accounts", ...), each with all its items."""

Item = dict[str, Any]
Pair = tuple[str, str]

_plain = TypeDeserializer().deserialize


def plain_items(world: World, table: str) -> list[Item]:
    """The items of a table as plain values."""
    return [{name: _plain(value) for name, value in item.items()} for item in world.items(table)]


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the history; ``type`` is a plain text, so that new kinds need no change here."""

    id: str
    stream: str
    type: str
    at: datetime
    actor: str
    subject: str
    account_id: str | None
    data: dict[str, Any]
    waiting: bool
    relayed: bool


@dataclass(frozen=True, slots=True)
class Dump:
    """All tables. Pairs are (account id, id of the other thing)."""

    accounts: dict[str, Item]
    zuora_reservations: dict[str, str]
    memberships: dict[Pair, Item]
    pointers: set[Pair]
    customers: dict[str, Item]
    address_reservations: dict[str, str]
    identity_reservations: dict[str, str]
    invitations: dict[Pair, Item]
    holds: dict[Pair, Item]
    contacts: dict[str, Item]
    edits: dict[str, Item]
    events: list[Event]
    deliveries: dict[str, Item]
    records: dict[str, Item]

    def pending(self, account_id: str) -> list[Item]:
        """The invitations of an account that stand as pending, overdue ones among them."""
        return [it for (owner, _), it in self.invitations.items() if owner == account_id and it["status"] == "pending"]

    def members(self, account_id: str) -> dict[str, Item]:
        """The memberships of an account by customer."""
        return {member: it for (owner, member), it in self.memberships.items() if owner == account_id}

    def events_of(self, account_id: str) -> list[Event]:
        """The events of an account, oldest first."""
        return [event for event in self.events if event.account_id == account_id]


def read(tables: Tables) -> Dump:
    """Sorts a dump; items of a kind that is not known here are left out."""
    plain = {name: [_decoded(item) for item in items] for name, items in tables.items()}
    accounts, customers = plain["Accounts"], plain["Customers"]
    memberships, invitations = plain["Memberships"], plain["Invitations"]
    return Dump(
        accounts={it["key"]: it for it in accounts if it["key"].startswith("acc_")},
        zuora_reservations=_reserved(accounts, "zuora#", "account_id"),
        memberships={(it["owner"], it["member"]): it for it in memberships if it["owner"].startswith("acc_")},
        pointers={
            (it["member"], it["owner"].removeprefix("customer#"))
            for it in memberships
            if it["owner"].startswith("customer#")
        },
        customers={it["key"]: it for it in customers if it["key"].startswith("cus_")},
        address_reservations=_reserved(customers, "address#", "customer_id"),
        identity_reservations=_reserved(customers, "identity#", "customer_id"),
        invitations={
            (it["account_id"], it["invitation_id"]): it for it in invitations if it["invitation_id"].startswith("inv_")
        },
        holds={
            (it["account_id"], it["invitation_id"].removeprefix("address#")): it
            for it in invitations
            if it["invitation_id"].startswith("address#")
        },
        contacts={it["contact_id"]: it for it in plain["Contacts"] if not it["contact_id"].startswith("edit#")},
        edits={
            f"{table} {each}": it
            for table, key in (("Contacts", "contact_id"), ("Customers", "key"))
            for it in plain[table]
            if (each := it[key]).startswith("edit#")
        },
        events=sorted((_event(it) for it in plain["History"]), key=lambda event: event.id),
        deliveries={it["delivery_id"]: it for it in plain["Deliveries"]},
        records={it["request_id"]: it for it in plain["Idempotency"]},
    )


def moment(text: str) -> datetime:
    """A time as the tables write it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def due(invitation: Item) -> tuple[str | None, str | None]:
    """What the schedules have to find of an invitation, and when: R20 told once more, in plain arithmetic."""
    if invitation["status"] != "pending":
        scrubbed = "address" not in invitation and "due" not in invitation
        return (None, None) if scrubbed else ("ended", invitation.get("ended_at"))
    if "validity" not in invitation:
        return None, None
    at, reminders = invitation["expires_at"], int(invitation["reminders"])
    if invitation["kind"] == "email" and reminders < 2:
        part = timedelta(seconds=int(invitation["validity"])) * (2, 5)[reminders] / 7
        at = (moment(invitation["renewed_at"]) + part).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
    return "pending", at


def texts(value: Any) -> list[str]:
    """Every text inside a value, at any depth, names of attributes too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for name, each in value.items() for text in [str(name), *texts(each)]]
    if isinstance(value, list | tuple | set | frozenset):
        return [text for each in value for text in texts(each)]
    return []


def _decoded(item: Mapping[str, Any]) -> Item:
    return {name: _plain(value) for name, value in item.items()}


def _reserved(items: Sequence[Item], prefix: str, names: str) -> dict[str, str]:
    return {it["key"].removeprefix(prefix): it[names] for it in items if it["key"].startswith(prefix)}


def _event(it: Item) -> Event:
    return Event(
        id=it["event_id"],
        stream=it["stream"],
        type=it["type"],
        at=moment(it["at"]),
        actor=it["actor"],
        subject=it["subject"],
        account_id=it.get("account_id"),
        data=json.loads(it["data"]),
        waiting="outbox" in it,
        relayed="relayed_at" in it,
    )
