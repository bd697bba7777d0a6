"""Brings what counts on an account into line with who can sign in (R31).

A membership says whether the account's counters leave it out (``login_off``), and changes together with them, so they
are exact at any moment. That it says what the person's login says is the matter of whoever switches the login; here it
is put right where that did not happen: for accounts from the time before logins counted, and after a switch over
very many accounts that died half-way. Every membership is a transaction of its own, on the login that was read: running
it twice, beside anything else, or again after it was broken off, makes no difference.
"""

from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import Changed, ManagerNotFound
from chalicelib.domain.memberships import Membership, counting
from chalicelib.store import accounts, customers, memberships, reading, seats
from chalicelib.store.transaction import commit

_PAGE = 100
_TRIES = 5


def of_account(account_id: str) -> int:
    """Looks through the memberships of an account, and notes that it was done; how many counted wrongly."""
    wrong, after = 0, None
    while page := memberships.of_account(account_id, limit=_PAGE, after=after):
        people = reading.many([customers.key(each.customer_id) for each in page])
        for membership, person in zip(page, people, strict=True):
            if person is not None and not _is_right(membership, person):
                wrong += _set_right(account_id, person.id)
        after = page[-1].customer_id
    commit(accounts.mark_logins_counted(account_id))
    return wrong


def of_customer(customer_id: str) -> int:
    """Looks through the memberships of a person; how many counted wrongly."""
    account_ids = memberships.accounts_of(customer_id)
    person = reading.one(customers.key(customer_id))
    own = reading.many([memberships.key(each, customer_id) for each in account_ids])
    wrong = [each.account_id for each in own if person and each and not _is_right(each, person)]
    return sum(_set_right(account_id, customer_id) for account_id in wrong)


def _is_right(membership: Membership, person: Customer) -> bool:
    return membership.login_off is not person.login_activated


def _set_right(account_id: str, customer_id: str) -> int:
    for _ in range(_TRIES):
        account, membership, person = reading.batch(
            accounts.key(account_id), memberships.key(account_id, customer_id), customers.key(customer_id)
        )
        if account is None or membership is None or person is None or _is_right(membership, person):
            return 0
        try:
            _move(account, membership, person)
        except (Changed, ManagerNotFound):
            continue
        return 1
    raise Changed


def _move(account: Account, membership: Membership, person: Customer) -> None:
    """It is a fact by now that the person can sign in, or cannot: there is no guard to hold."""
    before, after = membership.counts_as, counting(membership.role, login=person.login_activated)
    commit(
        customers.counts_as(person),
        memberships.mark_login(membership, off=not person.login_activated),
        seats.change_role(account, before=before, after=after, allow_last=True) if before is not after else None,
    )
