"""The invariants of the service (I1 to I8), checked on what its tables and its outgoing mails say.

``violations`` looks at a test's World; ``violations_in`` at plain table dumps from anywhere (DynamoDB JSON by the
template's logical table names). Both return sentences, none when everything is as it has to be. They may be asked
between any two requests; only what belongs to I7 waits for ``quiescent=True``, when nothing is on its way any more.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from chalicelib import settings, wiring
from chalicelib.addresses import normalised
from chalicelib.domain.limits import Limits
from chalicelib.store.tables import InvitationItem
from chalicelib.store.tables.texts import Personal
from tests import invariants_of_contacts, invariants_of_events, invariants_of_mails, invariants_of_secrets, table_dump
from tests.environment import TOKEN_KEYS
from tests.invariants_of_mails import Mail, duplicates
from tests.table_dump import Dump, Event, Tables
from tests.world import World

__all__ = ["Mail", "duplicates", "rewritten_history", "violations", "violations_in"]

_ORIGINS = {"invitation", "grant", "import"}
_LOGINS = {"login_deactivated", "login_reactivated"}
PERSONAL = frozenset(name for name, each in InvitationItem.get_attributes().items() if isinstance(each, Personal))
_ENDED = {"accepted", "declined", "revoked", "expired"}


def violations(
    world: World, *, quiescent: bool = False, lowered: Collection[str] = (), texts: Collection[str] = ()
) -> list[str]:
    """What is wrong in that world; see ``violations_in``."""
    return violations_in(
        world.everything(),
        mails=world.ses.sent,
        limits=settings.current().limits,
        now=wiring.now(),
        quiescent=quiescent,
        lowered=lowered,
        texts=texts,
    )


def violations_in(
    tables: Tables,
    *,
    mails: Sequence[Mail] | None = None,
    limits: Limits | None = None,
    now: datetime | None = None,
    quiescent: bool = False,
    lowered: Collection[str] = (),
    texts: Collection[str] = (),
    keys: Mapping[str, str] = MappingProxyType(TOKEN_KEYS),
) -> list[str]:
    """What is wrong in a dump of all tables.

    ``mails`` are those that went out (without them their part of I7 is left out), ``limits`` the settings that
    were in force. ``lowered`` names accounts and customers whose bound was set below what they had already: only
    the bound is not held against them. ``texts`` are other things that must carry no token (I6): queue bodies,
    answers, log lines. ``keys`` is the content of the secret with the token keys.
    """
    read = table_dump.read(tables)
    found = [
        *_origins(read),
        *_counters(read),
        *_sent_pending(read),
        *_bounds(read, limits, frozenset(lowered)),
        *_invitations(read),
        *_holds(read),
        *_last_managers(read),
        *_customers(read),
        *_owners(read),
        *_invited_by_owners(read),
        *invariants_of_contacts.found(read),
        *invariants_of_events.found(read),
        *invariants_of_secrets.found(read, tables, texts, keys),
    ]
    if quiescent:
        found += invariants_of_mails.found(read, mails, now=now or datetime.now(UTC))
    return found


def rewritten_history(before: Tables, after: Tables) -> list[str]:
    """I5: what changed in, or is missing from, the history items that were there before (the relay mark aside)."""

    def kept(tables: Tables) -> dict[str, Mapping[str, Any]]:
        mark = {"outbox", "relayed_at"}
        return {
            it["event_id"]["S"]: {name: value for name, value in it.items() if name not in mark}
            for it in tables["History"]
        }

    then, now = kept(before), kept(after)
    return [f"I5: event {each} was changed or deleted" for each in then if now.get(each) != then[each]]


def _origins(read: Dump) -> Iterator[str]:
    """I1: every membership has one origin, which is the origin of no other; every accepted invitation had one."""
    used = Counter((it["origin_kind"], it["origin_reference"]) for it in read.memberships.values())
    for (account_id, customer_id), it in read.memberships.items():
        who, kind, reference = f"membership ({account_id}, {customer_id})", it["origin_kind"], it["origin_reference"]
        if kind not in _ORIGINS:
            yield f"I1: {who} has the origin {kind!r}"
        if used[kind, reference] > 1:
            yield f"I1: {who} shares its origin {reference} with another"
        if kind == "invitation":
            invitation = read.invitations.get((account_id, reference))
            if invitation is None or invitation.get("accepted_by") != customer_id:
                yield f"I1: {who} comes from invitation {reference}, which they did not accept"
        if kind == "import" and read.accounts.get(account_id, {}).get("zuora_account_id") != reference:
            yield f"I1: {who} comes from the import of another account {reference}"
        if kind == "grant" and reference not in {event.id for event in read.events}:
            yield f"I1: {who} comes from a grant without an event {reference}"


def _counters(read: Dump) -> Iterator[str]:
    """I2: counters equal what they count."""
    for account_id, account in read.accounts.items():
        members = read.members(account_id)
        roles = [it["role"] for it in members.values()]
        acting = [it["role"] for each, it in members.items() if _can_sign_in(read, each)]
        pending = len(read.pending(account_id))
        counted = {
            "manager_count": len(roles),
            "managing_count": sum(role != "viewer" for role in acting),
            "admin_count": acting.count("admin"),
            "pending_count": pending,
            "seats_used": len(roles) + pending,
        }
        for name, right in counted.items():
            if account[name] != right:
                yield f"I2: account {account_id} says {name} = {account[name]}, there are {right}"
    for (account_id, customer_id), it in read.memberships.items():
        if it.get("login_off", False) is _can_sign_in(read, customer_id):
            yield f"I2: membership ({account_id}, {customer_id}) does not say whether the login is on"
    held = Counter(customer_id for _, customer_id in read.memberships)
    for customer_id, customer in read.customers.items():
        if customer["membership_count"] != held[customer_id]:
            said = customer["membership_count"]
            yield f"I2: customer {customer_id} says membership_count = {said}, there are {held[customer_id]}"


def _sent_pending(read: Dump) -> Iterator[str]:
    """I2, R22: a membership names the pending invitations that it sent; who is gone has none."""
    sent: dict[tuple[str, str], set[str]] = {}
    for (account_id, invitation_id), it in read.invitations.items():
        if it["status"] == "pending" and "inviter_id" in it:
            sent.setdefault((account_id, it["inviter_id"]), set()).add(invitation_id)
    for pair in sent.keys() - read.memberships.keys():
        yield f"I2: {pair[1]} has pending invitations on {pair[0]}, but manages it no more (R22)"
    for pair, it in read.memberships.items():
        if set(it.get("sent_pending", ())) != sent.get(pair, set()):
            yield f"I2: membership {pair} does not name the pending invitations that it sent"


def _bounds(read: Dump, limits: Limits | None, lowered: frozenset[str]) -> Iterator[str]:
    """I2: no limit is exceeded."""
    for account_id, account in read.accounts.items():
        most = account.get("max_managers")
        if most is not None and account["seats_used"] > most and account_id not in lowered:
            yield f"I2: account {account_id} uses {account['seats_used']} of {most} seats"
        if limits is not None and len(read.pending(account_id)) > limits.pending_invitations:
            yield f"I2: account {account_id} has more pending invitations than it may"
    most_held = limits.memberships_per_customer if limits is not None else None
    for customer_id, customer in read.customers.items():
        if most_held is not None and customer["membership_count"] > most_held and customer_id not in lowered:
            yield f"I2: customer {customer_id} manages more accounts than one person may"


def _invitations(read: Dump) -> Iterator[str]:
    """I3, and that an invitation's attributes agree with each other (what the sparse indexes hold)."""
    live = Counter(
        (account_id, it["address"])
        for (account_id, _), it in read.invitations.items()
        if it["status"] == "pending" and "address" in it
    )
    for (account_id, address), count in live.items():
        if count > 1:
            yield f"I3: {count} live invitations for {address} on {account_id}"
    for (account_id, invitation_id), it in read.invitations.items():
        who, pending = f"invitation ({account_id}, {invitation_id})", it["status"] == "pending"
        due, due_at = table_dump.due(it)
        indexed = {"pending_id": invitation_id if pending else None, "due": due, "due_at": due_at}
        for name, value in indexed.items():
            if it.get(name) != value:
                yield f"I3: {who} is {it['status']} and has {name} = {it.get(name)}"
        if not pending and it["status"] not in _ENDED:
            yield f"I3: {who} has the status {it['status']}"
        if not pending and "due" not in it and (kept := PERSONAL & it.keys()):
            yield f"I6: {who} has been scrubbed and still says {sorted(kept)}"
        if pending == ("ended_at" in it):
            yield f"I3: {who} is {it['status']}, and ended_at does not say so"
        if (it["status"] == "accepted") != ("accepted_by" in it):
            yield f"I1: {who} is {it['status']}, and accepted_by does not say so"


def _holds(read: Dump) -> Iterator[str]:
    """I3: exactly the addresses of pending invitations and of managers are held, each by its own."""
    wanted: dict[tuple[str, str], tuple[str, str]] = {}
    for (account_id, invitation_id), it in read.invitations.items():
        if it["status"] == "pending" and "address" in it:
            wanted[account_id, it["address"]] = ("held_by_invitation", invitation_id)
    for account_id, customer_id in read.memberships:
        if customer_id in read.customers:
            wanted[account_id, read.customers[customer_id]["address"]] = ("held_by_customer", customer_id)
    for pair in wanted.keys() | read.holds.keys():
        holders = {(name, each) for name, each in read.holds.get(pair, {}).items() if name.startswith("held_by_")}
        right = {wanted[pair]} if pair in wanted else set()
        if holders != right:
            yield f"I3: {pair[1]} on {pair[0]} is held by {sorted(holders)}, and should be by {sorted(right)}"


def _last_managers(read: Dump) -> Iterator[str]:
    """I4: an account that had somebody who can act has one, unless support took the last one away (R31, R63)."""
    for account_id, account in read.accounts.items():
        events = read.events_of(account_id)
        events += [each for each in read.events if each.type in _LOGINS]
        roles = {it["role"] for each, it in read.members(account_id).items() if _can_sign_in(read, each)}
        if _had_one(account_id, events, {"admin", "manager"}) and not roles & {"admin", "manager"}:
            yield f"I4: account {account_id} has nobody left who can manage it"
        elif account["managed_by"] == "admins" and _had_one(account_id, events, {"admin"}) and "admin" not in roles:
            yield f"I4: account {account_id} is managed by admins and has none"


def _had_one(account_id: str, events: Sequence[Event], enough: Collection[str]) -> bool:
    """Whether somebody who can sign in has been in one of these roles since support last left the account without."""
    had_one, roles, off = False, dict[str, str](), set[str]()
    for event in sorted(events, key=lambda each: each.id):
        whom, left = str(event.data.get("customer_id")), event.data.get("leaves_nobody")
        if event.type == "account_imported" and event.data.get("customer_id") is not None:
            roles[whom] = "admin"
        elif event.type in {"invitation_accepted", "membership_granted", "role_changed"}:
            roles[whom] = str(event.data.get("role_after", event.data.get("role")))
        elif event.type in {"manager_removed", "manager_left"}:
            roles.pop(whom, None)
        elif event.type in _LOGINS:
            (off.add if event.type == "login_deactivated" else off.discard)(whom)
        had_one |= any(role in enough and each not in off for each, role in roles.items())
        if event.actor.startswith("admin:") and (left is True or account_id in str(left)):
            had_one = False
    return had_one


def _can_sign_in(read: Dump, customer_id: str) -> bool:
    return bool(read.customers.get(customer_id, {}).get("login_activated"))


def _customers(read: Dump) -> Iterator[str]:
    """R1, R2: one customer for an address and for a sign-in; one account for a Zuora account."""
    living = {customer_id: it for customer_id, it in read.customers.items() if "erased_at" not in it}
    addresses = {it["address"]: customer_id for customer_id, it in living.items()}
    identities = {it["identity"]: customer_id for customer_id, it in read.customers.items() if "identity" in it}
    zuora = {it["zuora_account_id"]: account_id for account_id, it in read.accounts.items()}
    if addresses != read.address_reservations or len(addresses) != len(living):
        yield "R1: the reserved addresses are not those of the customers"
    if identities != read.identity_reservations:
        yield "R2: the reserved sign-ins are not those of the customers"
    if zuora != read.zuora_reservations:
        yield "R4: the reserved Zuora accounts are not those of the accounts"
    for address in [*addresses, *(it["address"] for it in read.invitations.values() if "address" in it)]:
        if normalised(address) != address:
            yield f"R1: {address} is not normalised"


def _owners(read: Dump) -> Iterator[str]:
    """I8: everything belongs to one account that there is, and points to nothing of another."""
    for account_id, customer_id in read.memberships.keys() | read.pointers:
        pair = (account_id, customer_id)
        if pair not in read.memberships or pair not in read.pointers:
            yield f"I8: membership {pair} is known from one side only"
        if account_id not in read.accounts or customer_id not in read.customers:
            yield f"I8: membership {pair} is between things that are not there"
    somebody_was_erased = any("erased_at" in it for it in read.customers.values())
    for account_id, account in read.accounts.items():
        for part in ("sold_to_contact_id", "bill_to_contact_id"):
            contact_id = account.get(part)
            if somebody_was_erased and contact_id not in read.contacts:  # our copy went with them
                continue
            if contact_id is not None and read.contacts.get(contact_id, {}).get("account_id") != account_id:
                yield f"I8: {part} of {account_id} is {contact_id}, which is not its own"


def _invited_by_owners(read: Dump) -> Iterator[str]:
    """I8: invitations, and what is remembered of the requests that made them, belong to their account."""
    for account_id, invitation_id in read.invitations:
        if account_id not in read.accounts:
            yield f"I8: invitation {invitation_id} belongs to no account"
    for request_id, it in read.records.items():
        if it["created_id"].startswith("inv_") and (it["account_id"], it["created_id"]) not in read.invitations:
            yield f"I8: request {request_id} is remembered for what is not there"
