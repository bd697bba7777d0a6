"""Ends a pending invitation whose time is over, as a recorded transition (R20)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain.errors import Changed
from chalicelib.domain.events import EventType, account_stream, new_event
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import system_actor
from chalicelib.operations.invitations.end_invitation import end_steps
from chalicelib.store import invitation_life, invitations, reading
from chalicelib.store.transaction import commit

ACTOR = system_actor("expiry")


def if_overdue(account_id: str, invitation_id: str, *, now: datetime) -> bool:
    """Expires that invitation if its time is over; says whether it has ended, in whatever way."""
    invitation = reading.one(invitations.key(account_id, invitation_id))
    if invitation is not None and invitation.is_overdue(now):
        expire(invitation, now=now)
    return invitation is None or invitation.seen_at(now).status is not InvitationStatus.PENDING


def all_overdue(account_id: str, *, now: datetime) -> bool:
    """Expires every overdue invitation of an account; says whether there was one."""
    overdue = [invitation for invitation in invitations.pending_of(account_id) if invitation.is_overdue(now)]
    for invitation in overdue:
        expire(invitation, now=now)
    return bool(overdue)


def expire(invitation: Invitation, *, now: datetime) -> bool:
    """Ends it and frees its seat and its address; False if somebody else was faster."""
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        account_stream(invitation.account_id),
        event_id=event_id,
        event_type=EventType.INVITATION_EXPIRED,
        at=now,
        actor=ACTOR,
        subject=f"invitation:{invitation.id}",
    )
    try:
        commit(*end_steps(invitation, invitation_life.expire(invitation, now=now), event))
    except Changed:
        return False
    return True
