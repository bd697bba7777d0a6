"""Shows the signed-in person who they are to the service."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.customers import Customer
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import SignedIn
from chalicelib.operations.sign_in import customer_of
from chalicelib.store import invitations


@dataclass(frozen=True, slots=True)
class Me:
    """The customer, None for somebody who has no record yet, and what waits for them."""

    customer: Customer | None
    account_count: int
    invitation_count: int


def view_me(person: SignedIn, *, now: datetime) -> Me:
    """Who the person is, how many accounts they manage and how many live invitations wait for them.

    Refuses: LoginDeactivated, SignInNotLinked.
    """
    waiting = invitations.inbox(person.proven_address) if person.proven_address else []
    customer, found = customer_of(person, lambda _customer_id: waiting, now=now)
    live = sum(_is_live(each, now) for each in found)
    return Me(customer, customer.membership_count if customer else 0, live)


def _is_live(invitation: Any, now: datetime) -> bool:
    return isinstance(invitation, Invitation) and invitation.seen_at(now).status is InvitationStatus.PENDING
