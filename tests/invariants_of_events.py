"""I5: every change has exactly one history event; the events tell the same story as the tables."""

from collections import Counter
from collections.abc import Iterator

from tests.table_dump import Dump, Event

_JOINS = {"account_imported", "invitation_accepted", "membership_granted"}
_PARTS = {"manager_removed", "manager_left"}


def found(read: Dump) -> list[str]:
    """Where tables and history disagree."""
    return [
        *_whole(read),
        *_of_accounts(read),
        *_of_invitations(read),
        *_of_memberships(read),
        *_of_customers(read),
        *_of_edits(read),
    ]


def _whole(read: Dump) -> Iterator[str]:
    """The history in itself: ids are unique, events stand in their stream, and name what is there (I8)."""
    for event_id, count in Counter(event.id for event in read.events).items():
        if count > 1:
            yield f"I5: {count} events have the id {event_id}"
    for event in read.events:
        own = {f"account#{event.account_id}", f"callout#{event.account_id}"}  # what Zuora tells lies beside
        if event.account_id is not None and event.stream not in own:
            yield f"I8: event {event.id} of {event.account_id} stands in {event.stream}"
        if event.waiting == event.relayed:
            yield f"I5: event {event.id} is both in the outbox and relayed, or neither"
        kind, _, subject = event.subject.partition(":")
        if kind == "invitation" and (event.account_id, subject) not in read.invitations:
            yield f"I8: event {event.id} is about an invitation that its account does not have"


def _of_accounts(read: Dump) -> Iterator[str]:
    imported = Counter(event.account_id for event in read.events if event.type == "account_imported")
    for account_id in read.accounts:
        if imported[account_id] != 1:
            yield f"I5: account {account_id} was imported by {imported[account_id]} events"
    for gone in imported.keys() - read.accounts.keys():
        yield f"I5: account {gone} was imported and is not there"


def _of_invitations(read: Dump) -> Iterator[str]:
    told: dict[tuple[str, str], Counter[str]] = {}
    for event in read.events:
        if event.account_id is not None and event.subject.startswith("invitation:"):
            pair = (event.account_id, event.subject.removeprefix("invitation:"))
            told.setdefault(pair, Counter())[event.type.removeprefix("invitation_")] += 1
    for pair, it in read.invitations.items():
        events, status = told.get(pair, Counter()), it["status"]
        if events["created"] != 1:
            yield f"I5: invitation {pair} was created by {events['created']} events"
        for end in ("accepted", "declined", "revoked"):
            if events[end] != (status == end):
                yield f"I5: invitation {pair} is {status}, and {events[end]} events say {end}"
        if events["expired"] < (status == "expired") or events["expired"] > 1 + events["resent"]:
            yield f"I5: invitation {pair} is {status}, and {events['expired']} events say expired"


def _of_memberships(read: Dump) -> Iterator[str]:
    """Told again from the beginning, the events lead to the memberships and roles that there are."""
    roles: dict[tuple[str, str], str] = {}
    for event in read.events:
        who = event.data.get("customer_id")
        if event.account_id is None or who is None:
            continue
        pair = (event.account_id, str(who))
        if event.type in _JOINS:
            if pair in roles:
                yield f"I5: event {event.id} adds {pair}, who manages the account already"
            roles[pair] = str(event.data.get("role", "admin"))
        elif event.type in _PARTS:
            yield from _parted(event, pair, roles)
        elif event.type == "role_changed":
            if roles.get(pair) != event.data["role_before"]:
                yield f"I5: event {event.id} changes the role of {pair} from one that they did not have"
            roles[pair] = str(event.data["role_after"])
    there = {pair: it["role"] for pair, it in read.memberships.items()}
    for pair in roles.keys() | there.keys():
        if roles.get(pair) != there.get(pair):
            yield f"I5: {pair} is {there.get(pair)}, and by the history {roles.get(pair)}"


def _parted(event: Event, pair: tuple[str, str], roles: dict[tuple[str, str], str]) -> Iterator[str]:
    before = roles.pop(pair, None)
    if before is None:
        yield f"I5: event {event.id} takes away {pair}, who did not manage the account"
    elif event.data.get("role", before) != before:
        yield f"I5: event {event.id} takes away {pair} in a role that they did not have"


def _of_customers(read: Dump) -> Iterator[str]:
    """A sign-in is bound by one event: its own, or the acceptance that made the customer (R2, R21).

    Whoever was erased has none any more, and what bound it stays in the history.
    """
    bindings: Counter[str] = Counter()
    for event in read.events:
        if event.type == "customer_bound":
            bindings[event.subject.removeprefix("customer:")] += 1
        if event.type == "invitation_accepted" and event.data.get("new_customer"):
            bindings[str(event.data["customer_id"])] += 1
    unlinked = {event.subject.removeprefix("customer:") for event in read.events if "unlinked" in event.type}
    for customer_id, it in read.customers.items():
        if customer_id not in unlinked and "erased_at" not in it and bindings[customer_id] != ("identity" in it):
            yield f"I5: customer {customer_id} was bound by {bindings[customer_id]} events"


def _of_edits(read: Dump) -> Iterator[str]:
    """R40: what an edit changed lies beside the event that says so, and nothing in it is the key of an index."""
    named = {f"edit#{event.data.get('edit_id', event.id)}" for event in read.events if event.data.get("fields")}
    for place, it in read.edits.items():
        table, _, key = place.partition(" ")
        if key not in named:
            yield f"I5: {key} in {table} holds values of no event"
        more = it.keys() - {"contact_id", "key", "customer_id", "changes", "addresses"}
        if more:
            yield f"I6: {key} in {table} has {sorted(more)}"
