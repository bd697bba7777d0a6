"""Ends an invitation that its invitee does not need, because they already manage the account (R2).

That comes about when a person's sign-in has a new verified address, which nobody here knew to be theirs. Whoever opens
it, accepts it or lists what waits for them ends it, and the inbox never offers it; a count alone changes nothing.
"""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import Changed, ManagerNotFound
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import SignedIn, customer_actor
from chalicelib.operations.invitations.end_invitation import NOTHING, revoke_steps
from chalicelib.store import customers, memberships
from chalicelib.store.transaction import Step, commit


def is_to_manager(invitation: Invitation, person: SignedIn, membership: Membership | None) -> bool:
    """Whether a pending invitation went to the verified address of somebody who manages the account."""
    by_mail = invitation.is_pending and invitation.address is not None
    return membership is not None and by_mail and invitation.address == person.proven_address


def release(invitation: Invitation, membership: Membership, *, now: datetime) -> None:
    """Revokes it in the name of the invitee, and frees its seat and address; nobody is mailed.

    Refuses with Changed when it has ended meanwhile, or the invitee manages the account no more or may not sign in.
    """
    inviter, invitee = invitation.inviter, membership.customer_id
    (event_id,) = ids.event_ids(now, 1)
    actor = customer_actor(invitee)
    try:
        commit(
            *revoke_steps(
                invitation, event_id=event_id, actor=actor, now=now, elsewhere=NOTHING, because="invitee_joined"
            ),
            memberships.is_there(membership) if inviter is None or inviter.id != invitee else None,
            _still_there(invitee, invitation.address),
        )
    except ManagerNotFound as gone:
        raise Changed from gone


def _still_there(invitee: str, address: Address | None) -> Step | None:
    return customers.known_by(invitee, address, by_themselves=True, otherwise=Changed()) if address else None
