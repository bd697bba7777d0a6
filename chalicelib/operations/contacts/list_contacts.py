"""Shows the two contacts of an account, as they are, or as they have been chosen."""

from datetime import datetime

from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.frozen import frozen
from chalicelib.operations.access import enter
from chalicelib.store import contacts, reading
from chalicelib.store.reading import if_readable

Shown = Contact | ContactAssignment


@frozen
class Contacts:
    """The contact in each role, or the assignment until Zuora has it."""

    account: Account
    by_part: dict[ContactRole, Shown | None]


def list_contacts(person: SignedIn, account_id: str, *, now: datetime) -> Contacts:
    """Sold To and Bill To; two reads in a warm function. Refuses: AccountNotFound, Forbidden."""
    keys = [contacts.assignment_key(account_id, part) for part in ContactRole]
    entered = enter(person, account_id, Permission.VIEW_CONTACTS, *keys, now=now)
    account = entered.account
    ids = {part: account.contact_of(part) for part in ContactRole}
    needed = sorted({each for each in ids.values() if each})
    theirs = reading.many([if_readable(contacts.key(each)) for each in needed]) if needed else []
    known = dict(zip(needed, theirs, strict=True))
    assignments = dict(zip(ContactRole, entered.also, strict=True))
    return Contacts(account, {part: assignments[part] or known.get(ids[part] or "") for part in ContactRole})
