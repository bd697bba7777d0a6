"""Declines an invitation, by its link or from the inbox (R18)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import Changed, InvitationNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import account_stream, new_event
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import Actor, SignedIn, customer_actor
from chalicelib.operations.invitations.end_invitation import end_steps
from chalicelib.operations.invitations.list_inbox import own_invitation
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.sign_in import customer_of
from chalicelib.store import (
    accounts,
    customers,
    invitation_life,
    invitations,
    reading,
)
from chalicelib.store.transaction import Step, commit

INVITEE = Actor("invitee")
"""Somebody who held the link and did not sign in."""


@retry_on_change
def decline_by_link(
    account_id: str, invitation_id: str, *, generation: int, reason: str | None, now: datetime
) -> tuple[Invitation, Account]:
    """Ends an invitation as declined; anybody who holds one of its links may, signed in or not.

    Works after expiry, and a second time changes nothing. Refuses: InvitationNotFound, InvitationUsed,
    InvitationRevoked, and InvitationSuperseded for a link that went to an address given up since.
    """
    invitation, account = reading.batch(invitations.key(account_id, invitation_id), accounts.key(account_id))
    return _decline(invitation, account, invitee=None, generation=generation, reason=reason, now=now)


@retry_on_change
def decline_own(
    person: SignedIn, invitation_id: str, *, reason: str | None, now: datetime
) -> tuple[Invitation, Account]:
    """Declines an invitation to the person's verified address, without its link.

    Refuses: EmailNotVerified, LoginDeactivated, SignInNotLinked, and as ``decline_by_link``.
    """
    key = own_invitation(person, invitation_id, now=now)
    keys = [key, accounts.key(key.hash_key)]
    customer, (invitation, account) = customer_of(person, lambda _customer_id: keys, now=now)
    if invitation is not None and invitation.address != person.proven_address:  # since the index was written
        raise InvitationNotFound
    return _decline(invitation, account, invitee=customer, generation=None, reason=reason, now=now)


def _decline(
    invitation: Invitation | None,
    account: Account | None,
    *,
    invitee: Customer | None,
    generation: int | None,
    reason: str | None,
    now: datetime,
) -> tuple[Invitation, Account]:
    if invitation is None or account is None:
        raise InvitationNotFound
    rules.can_be_declined(invitation, generation=generation)
    if invitation.status is InvitationStatus.DECLINED:
        return invitation, account
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        account_stream(account.id),
        event_id=event_id,
        event_type=EventType.INVITATION_DECLINED,
        at=now,
        actor=customer_actor(invitee.id) if invitee else INVITEE,
        subject=f"invitation:{invitation.id}",
        was_live=invitation.seen_at(now).is_pending,
        with_reason=reason is not None,
    )
    declined = invitation_life.decline(invitation, generation=generation, reason=reason, now=now)
    commit(*end_steps(invitation, declined, event), _still_there(invitee, invitation))
    return invitation.ended(InvitationStatus.DECLINED, now), account


def _still_there(invitee: Customer | None, invitation: Invitation) -> Step | None:
    """Holds the person to a login that is on (R3); notes the invited address where their record has another one."""
    address = invitation.address
    if invitee is None:
        return None
    if address is None or address in invitee.addresses:
        return customers.still_active(invitee.id, otherwise=Changed())
    return customers.known_by(invitee.id, address, by_themselves=True, otherwise=Changed())
