"""How an invitation ends without being accepted, for whatever reason: one list of Steps (R19, R20, R22).

A pending invitation holds three things: a seat of its account, the lock on its address, and an entry in its sender's
list. Its end releases all of them, and records an event. An expired one released them when it expired.
"""

from datetime import datetime
from enum import Flag, auto

from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, account_stream, new_event
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import Actor
from chalicelib.store import address_locks, history, invitation_life, memberships, seats
from chalicelib.store.transaction import Step


class Hold(Flag):
    """What a pending invitation holds."""

    SEAT = auto()
    ADDRESS = auto()
    SENDERS_LIST = auto()


NOTHING = Hold(0)


def end_steps(
    invitation: Invitation, transition: Step, event: Event, *, elsewhere: Hold = NOTHING
) -> list[Step | None]:
    """The Steps that end it: the transition, what it held, the event.

    ``elsewhere`` is what other Steps of the same transaction give back or take over, since a transaction changes each
    item once: the seat with other counters of the account, the list with the sender's membership, the address by
    whoever it goes to.
    """
    holds = ~elsewhere if invitation.is_pending else NOTHING
    inviter = invitation.inviter
    on_a_list = inviter is not None and Hold.SENDERS_LIST in holds
    return [
        transition,
        seats.free_seat(invitation.account_id) if Hold.SEAT in holds else None,
        address_locks.release_invitation(invitation) if Hold.ADDRESS in holds else None,
        memberships.ended_from(invitation.account_id, inviter.id, invitation.id) if inviter and on_a_list else None,
        history.record(event),
    ]


def revoke_steps(
    invitation: Invitation, *, event_id: str, actor: Actor, now: datetime, elsewhere: Hold, **why: Fact
) -> list[Step | None]:
    """The Steps that revoke it; ``was_live`` in the event says whether its link still worked."""
    expired = invitation.status is InvitationStatus.EXPIRED
    transition = invitation_life.revoke_expired if expired else invitation_life.revoke
    event = new_event(
        account_stream(invitation.account_id),
        event_id=event_id,
        event_type=EventType.INVITATION_REVOKED,
        at=now,
        actor=actor,
        subject=f"invitation:{invitation.id}",
        was_live=invitation.seen_at(now).status is InvitationStatus.PENDING,
        **why,
    )
    return end_steps(invitation, transition(invitation, now=now), event, elsewhere=elsewhere)
