"""Shows the signed-in person who they are to the service."""

from datetime import datetime

from chalicelib.domain.customers import Customer
from chalicelib.domain.people import SignedIn
from chalicelib.frozen import frozen
from chalicelib.operations.invitations import list_inbox


@frozen
class Me:
    """The customer, None for somebody who has no record yet, and what waits for them."""

    customer: Customer | None
    account_count: int
    invitation_count: int


def view_me(person: SignedIn, *, now: datetime) -> Me:
    """Who the person is, how many accounts they manage and how many live invitations wait for them.

    Refuses: LoginDeactivated, SignInNotLinked.
    """
    customer, waiting = list_inbox.count(person, now=now)
    return Me(customer, customer.membership_count if customer else 0, waiting)
