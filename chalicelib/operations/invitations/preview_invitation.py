"""Shows an invitation to whoever holds its link, before anybody signs in."""

from datetime import datetime
from typing import Any

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import InvitationNotFound, InviteeManages
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.people import SignedIn
from chalicelib.domain.tokens import Claim
from chalicelib.operations.invitations import release_invitation
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import accounts, customers, invitations, memberships, reading
from chalicelib.store.reading import Key


@retry_on_change
def preview(claim: Claim, person: SignedIn | None, *, now: datetime) -> tuple[Invitation, Account]:
    """Reads the invitation of a genuine token and its account, and changes nothing; with one exception.

    Where somebody opens it who is signed in with the invited address and manages the account, it ends (R2).
    Refuses: InvitationNotFound, and the InvitationGone errors for one that ended, also by that.
    """
    keys: list[Key[Any]] = [invitations.key(claim.account_id, claim.invitation_id), accounts.key(claim.account_id)]
    if person is not None:
        keys.append(customers.by_identity(person.identity))
    invitation, account, *known = reading.many(keys)
    if invitation is None or account is None:
        raise InvitationNotFound
    rules.can_be_accepted(invitation, generation=claim.generation, now=now)
    if person is not None and known[0] is not None and invitation.address == person.proven_address:
        _release_to_manager(invitation, person, known[0], now)
    return invitation, account


def _release_to_manager(invitation: Invitation, person: SignedIn, customer_id: str, now: datetime) -> None:
    customer, membership = reading.batch(
        customers.key(customer_id), memberships.key(invitation.account_id, customer_id)
    )
    if customer is None or customer.identity != person.identity or not customer.login_activated:
        return  # who is blocked does nothing here, whatever they open (R3)
    if membership is not None and release_invitation.is_to_manager(invitation, person, membership):
        release_invitation.release(invitation, membership, now=now)
        raise InviteeManages
