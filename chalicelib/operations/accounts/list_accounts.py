"""Lists the accounts that a person manages."""

from datetime import datetime

from chalicelib.domain.accounts import Account
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import SignedIn
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.sign_in import customer_of
from chalicelib.store import accounts, identities, memberships
from chalicelib.store.bounded import Found, first
from chalicelib.store.reading import if_readable


def list_accounts(person: SignedIn, part: PageRequest, *, now: datetime) -> Found[tuple[Account, Membership]]:
    """Accounts with the person's membership in each, oldest account first.

    Two reads in a warm function: which accounts, then the accounts and the customer at once. A person
    without a customer record has none.
    """
    hint = identities.remembered(person.identity)
    if hint is None:
        customer, _ = customer_of(person, now=now)
        hint = customer.id if customer else None
    if hint is None:
        return Found([], None)
    page = first(memberships.accounts_of(hint, limit=part.limit + 1, after=part.position), part.limit, str)
    account_ids = page.things
    keys = [if_readable(accounts.key(each)) for each in account_ids]
    owned = [if_readable(memberships.key(each, hint)) for each in account_ids]
    customer, found = customer_of(person, lambda known: [*keys, *owned] if known == hint else [], now=now)
    if customer is None or customer.id != hint:
        return list_accounts(person, part, now=now)
    pairs = zip(found[: len(keys)], found[len(keys) :], strict=True)
    places = [(account, membership) for account, membership in pairs if account and membership]
    return Found(places, page.next_position)
