"""I7, as far as it is about mails: at quiescence every event was relayed, and every mail owed was sent once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tests.table_dump import Dump, Event, Item, moment

_TELLS_PERSON = {"invitation_accepted", "manager_removed", "manager_left"}


class Mail(Protocol):
    """A mail that went out; ``tags`` name its event and its audience."""

    @property
    def to(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


def found(read: Dump, mails: Sequence[Mail] | None, *, now: datetime) -> list[str]:
    """What did not get where it had to."""
    complaints = [f"I7: event {event.id} ({event.type}) was not relayed" for event in read.events if event.waiting]
    for delivery_id, it in read.deliveries.items():
        if "lease_until" in it and moment(it["lease_until"]) > now:
            complaints.append(f"I7: mail {delivery_id} is claimed at this moment")
    done = {each for each, it in read.deliveries.items() if it["state"] != "claimed"}
    for event in read.events:
        owed = _owed(read, event, now)
        complaints += [f"I7: mail {each} is owed ({event.type}) and was not sent" for each in owed if each not in done]
    return complaints if mails is None else [*complaints, *_sent(read, mails), *one_for_one_act(read, mails)]


def duplicates(mails: Sequence[Mail]) -> int:
    """How many mails went out that the same person had for the same event before."""
    return len(mails) - len({(mail.to, *sorted(mail.tags.items())) for mail in mails})


def _sent(read: Dump, mails: Sequence[Mail]) -> Iterator[str]:
    """Mails and delivery records name each other; a second mail only where an earlier run had died."""
    sent: Counter[str] = Counter()
    for mail in mails:
        known = [each for each in _names(read, mail) if each in read.deliveries]
        if len(known) != 1:
            yield f"I7: a mail {dict(mail.tags)} has {len(known)} records"
        sent.update(known)
    for delivery_id, it in read.deliveries.items():
        attempts, count = int(it["attempts"]), sent[delivery_id]
        if it["state"] == "sent" and count == 0:
            yield f"I7: mail {delivery_id} is marked as sent and was not"
        if count > attempts - (it["state"] == "failed"):
            yield f"I7: mail {delivery_id} went out {count} times in {attempts} attempts"


def _names(read: Dump, mail: Mail) -> set[str]:
    """The names that the record of a mail could have."""
    event_id, audience = mail.tags["event_id"], mail.tags["audience"]
    plain = f"{event_id}#{audience}"
    names = {plain} | {f"{plain}#{each}" for each, it in read.customers.items() if mail.to in _known_by(it)}
    for event in read.events:
        if event.id == event_id and "generation" in event.data:
            names.add(_reminder(event) if event.type == "invitation_reminded" else _link(event))
    return names


def _known_by(customer: Item) -> set[str]:
    """The addresses that a person has or had."""
    return {str(customer["address"]), *customer.get("other_addresses", ())}


def _link(event: Event) -> str:
    return f"{event.subject.removeprefix('invitation:')}#link#{event.data['generation']}"


def _reminder(event: Event) -> str:
    return f"{event.subject.removeprefix('invitation:')}#reminder#{event.data['generation']}#{event.data['number']}"


def _owed(read: Dump, event: Event, now: datetime) -> list[str]:
    """The records of the mails that an event owes whatever happened since; not those that later changes undid."""
    if event.type == "email_changed":
        return [f"{event.id}#{each}#{event.data['customer_id']}" for each in ("old", "new")]
    account = read.accounts.get(event.account_id or "")
    if account is None:
        return []
    invitation = read.invitations.get((event.account_id or "", event.subject.removeprefix("invitation:")))
    if event.type in {"invitation_created", "invitation_resent"} and invitation is not None:
        return [_link(event)] if _is_live(invitation, event, now) else []
    if event.type == "invitation_revoked" and invitation is not None:
        newest = f"{invitation['invitation_id']}#link#{invitation['generation']}"
        told_before = read.deliveries.get(newest, {}).get("state") == "sent"
        told = event.data.get("was_live") and event.data.get("because") != "invitee_joined"
        return [f"{event.id}#invitee"] if told and told_before else []
    if event.type in _TELLS_PERSON and not event.data.get("transfer_id"):  # the end of the transfer tells it
        concerned = str(event.data["customer_id"])
        others = [f"{event.id}#others#{each}" for each in _others(read, event, account, concerned)]
        return [f"{event.id}#person#{concerned}", *others]
    completed = event.type == "transfer_ended" and event.data["state"] == "completed"
    return list(_handed_over(read, event, account)) if completed else []


def _handed_over(read: Dump, event: Event, account: Item) -> Iterator[str]:
    """The new owner while they are in, the old one whom the transfer removed, and who looks on."""
    new, old = str(event.data["customer_id"]), str(event.data["from_customer_id"])
    if new in read.members(account["key"]):
        yield f"{event.id}#new_owner#{new}"
    if event.data["old_manager_removed"] and "erased_at" not in read.customers[old]:
        yield f"{event.id}#old_owner#{old}"
    yield from (f"{event.id}#others#{each}" for each in _others(read, event, account, new) if each != old)


def one_for_one_act(read: Dump, mails: Sequence[Mail]) -> list[str]:
    """R66: of all that a transfer causes nobody has more than one mail, beside those about their invitation."""
    caused = {event.id: str(event.data["transfer_id"]) for event in read.events if event.data.get("transfer_id")}
    acts = Counter(
        (caused[mail.tags["event_id"]], mail.to)
        for mail in mails
        if mail.tags["event_id"] in caused and mail.tags["audience"] != "invitee"
    )
    return [f"R66: {to} has {count} mails about {act}" for (act, to), count in acts.items() if count > 1]


def _is_live(invitation: Item, event: Event, now: datetime) -> bool:
    newest = invitation["generation"] == event.data.get("generation") and "address" in invitation
    in_time = "expires_at" not in invitation or moment(invitation["expires_at"]) > now
    return bool(newest and in_time and invitation["status"] == "pending")


def _others(read: Dump, event: Event, account: Item, concerned: str) -> Iterator[str]:
    """Who was a manager then, still is, and could see addresses all the time."""
    told = {"admin", "manager"} if account["managed_by"] == "managers" else {"admin"}
    for customer_id, it in read.members(account["key"]).items():
        changed = any(
            later.type == "role_changed" and later.data["customer_id"] == customer_id and later.id > event.id
            for later in read.events_of(account["key"])
        )
        was_there = moment(it["created_at"]) <= event.at and not changed
        its_own = customer_id == concerned or event.actor == f"customer:{customer_id}"
        active = read.customers.get(customer_id, {}).get("login_activated", False)
        if was_there and not its_own and active and it["role"] in told:
            yield customer_id
