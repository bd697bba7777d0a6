"""Lets the holder of an expired link ask for a new one (R23)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.errors import InvitationNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import account_stream, new_event
from chalicelib.domain.tokens import Claim
from chalicelib.operations.invitations.decline_invitation import INVITEE
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import history, invitation_life, invitations, reading
from chalicelib.store.transaction import commit


@retry_on_change
def request_new(claim: Claim, *, now: datetime) -> None:
    """Tells the managers that a new invitation is wanted; at most once a day for each invitation.

    Refuses: InvitationNotFound, InvitationStillValid, InvitationSuperseded, InvitationUsed,
    InvitationRevoked, InvitationDeclined, RateLimited.
    """
    invitation = reading.one(invitations.key(claim.account_id, claim.invitation_id))
    if invitation is None:
        raise InvitationNotFound
    rules.new_one_can_be_requested(invitation, generation=claim.generation, now=now)
    (event_id,) = ids.event_ids(now, 1)
    commit(
        invitation_life.note_request_for_new(invitation, generation=claim.generation, now=now),
        history.record(
            new_event(
                account_stream(invitation.account_id),
                event_id=event_id,
                event_type=EventType.INVITATION_NEW_REQUESTED,
                at=now,
                actor=INVITEE,
                subject=f"invitation:{invitation.id}",
            )
        ),
    )
