"""What people are told when a transfer of ownership has ended: everything that came of it, in one mail (R66, R35).

What it has done on its way is told by no mail of its own; what is so by now is read when the mail is written.
"""

from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.customers import Customer
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event
from chalicelib.domain.permissions import Permission, may
from chalicelib.domain.transfers import Entry, State
from chalicelib.operations.mails.mail_facts import About, Facts, called
from chalicelib.store import contacts, customers, memberships, reading

_NEWS = frozenset({Entry.LET_IN.value, Entry.RAISED.value})


def is_told_at_the_end(event: Event) -> bool:
    """Whether a transfer has caused the event, and the mails about its end say it."""
    return event.data.get("transfer_id") is not None and event.type is not EventType.TRANSFER_ENDED


def template_of(event: Event) -> str:
    """The folder of the mails about the end of a transfer."""
    return "transfer_completed" if _is_completed(event) else "transfer_stopped"


def _is_completed(event: Event) -> bool:
    """Whether the account was handed over; otherwise the transfer has failed or was cancelled."""
    return event.data.get("state") == State.COMPLETED


def for_new_owner(about: About) -> tuple[Customer, Facts] | None:
    """The new owner and what they are told; None if they do not manage the account, or nothing came of it for them."""
    event, account = about.event, about.account
    customer_id = event.data["customer_id"]
    if account is None or customer_id is None:
        return None
    person, place = reading.batch(customers.key(str(customer_id)), memberships.key(account.id, str(customer_id)))
    if person is None or place is None:
        return None
    if _is_completed(event):
        return person, {"role": place.role.value}
    is_chosen = _is_chosen(about, person)
    if not is_chosen and event.data["new_manager"] not in _NEWS:
        return None
    return person, {"role": place.role.value, "is_chosen": is_chosen}


def for_old_owner(about: About) -> tuple[Customer, Facts] | None:
    """The person who had the account, and what they are told.

    None if they went by an act of their own, which was told then. While they stay, they are told what the others are.
    """
    event, account = about.event, about.account
    if account is None:
        return None
    old_id = str(event.data["from_customer_id"])
    person, place = reading.batch(customers.key(old_id), memberships.key(account.id, old_id))
    if person is None or person.erased_at is not None:
        return None
    if _is_completed(event):
        return (person, {}) if event.data["old_manager_removed"] else None
    if place is None or not person.login_activated:
        return None
    if not may(account.managed_by, place.role, Permission.VIEW_MANAGER_ADDRESSES):
        return None
    facts = for_others(about, _customer(event.data["customer_id"]))
    return None if facts is None else (person, facts)


def for_others(about: About, person: Customer | None) -> Facts | None:
    """For the managers who look on; None if nothing has changed, or is so no longer."""
    event, account = about.event, about.account
    if account is None or person is None:
        return None
    place = reading.one(memberships.key(account.id, person.id))
    facts: dict[str, object] = {"person_name": called(person), "role_now": place.role.value if place else ""}
    if _is_completed(event):
        former = _customer(event.data["from_customer_id"])
        return facts | {"former_name": called(former) if former else ""}
    is_chosen = _is_chosen(about, person)
    has_news = place is not None and event.data["new_manager"] in _NEWS
    return facts | {"is_chosen": is_chosen} if has_news or is_chosen else None


def _is_chosen(about: About, person: Customer) -> bool:
    """Whether the transfer has made them the Sold To, or has at least asked Zuora to, and nobody has been since."""
    account = about.account
    if account is None or not about.event.data["sold_to_requested"]:
        return False
    assignment = reading.one(contacts.assignment_key(account.id, ContactRole.SOLD_TO))
    if assignment is not None:
        return assignment.customer_id == person.id
    return account.address_of(ContactRole.SOLD_TO) == person.address


def _customer(customer_id: object) -> Customer | None:
    return reading.one(customers.key(str(customer_id))) if customer_id else None
