"""Lists the managers of an account."""

from datetime import datetime

from chalicelib.domain.customers import Customer
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.frozen import frozen
from chalicelib.operations.access import Entered, enter
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.zuora import protection
from chalicelib.store import customers, memberships
from chalicelib.store.bounded import Found
from chalicelib.store.reading import if_readable


@frozen
class Managers:
    """One page of managers, and the manager who looks at it."""

    viewer: Entered
    people: Found[tuple[Membership, Customer]]


def list_managers(person: SignedIn, account_id: str, part: PageRequest, *, now: datetime) -> Managers:
    """Managers, oldest customer first; who may see their addresses is the viewer's right.

    Two reads in a warm function: the page of memberships first, then the people on it together with
    what the right to look depends on. Refuses with AccountNotFound.
    """
    page = memberships.part_of_account(account_id, limit=part.limit, after=part.position)
    keys = [if_readable(customers.key(each.customer_id)) for each in page.things]
    entered = enter(person, account_id, Permission.VIEW_MANAGERS, *keys, now=now)
    pairs = zip(page.things, entered.also, strict=True)
    shown = [(membership, customer) for membership, customer in pairs if customer is not None]
    known = protection.as_known([customer for _, customer in shown], [entered.account])
    people = [(membership, customer) for (membership, _), customer in zip(shown, known, strict=True)]
    return Managers(entered, Found(people, page.next_position))
