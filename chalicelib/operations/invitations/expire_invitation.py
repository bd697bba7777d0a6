"""Ends a pending invitation whose time is over, as a recorded transition (R20)."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from chalicelib import ids
from chalicelib.domain.errors import AccountFull, AlreadyInvited, Changed, PendingLimitReached
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import account_stream, new_event
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import system_actor
from chalicelib.operations.invitations.end_invitation import end_steps
from chalicelib.store import invitation_life, invitations, reading
from chalicelib.store.transaction import commit

P = ParamSpec("P")
R = TypeVar("R")

ACTOR = system_actor("expiry")


def retry_after_expiry(operation: Callable[P, R]) -> Callable[P, R]:
    """Wraps an operation that an overdue invitation may block, by its seat or its address (I3).

    When the operation is refused for lack of these, the account's overdue invitations are expired and it is tried once
    more, a little later. The operation takes a Context in the keyword ``context``.
    """

    @functools.wraps(operation)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        given: dict[str, Any] = dict(kwargs)
        now = given["context"].now
        try:
            return operation(*args, **given)
        except AlreadyInvited as refusal:
            if not if_overdue(refusal.account_id, refusal.invitation_id, now=now):
                raise
            all_overdue(refusal.account_id, now=now)  # others may stand in the way of the seat
        except (AccountFull, PendingLimitReached) as refusal:
            if not all_overdue(refusal.account_id, now=now):
                raise
        given["context"] = given["context"].later()
        return operation(*args, **given)

    return wrapper


def still_pending(account_id: str, invitation_id: str, *, now: datetime) -> Invitation | None:
    """The invitation that holds an address, unless its time is over: then it is expired here, and holds no more."""
    found = reading.one(invitations.key(account_id, invitation_id))
    if found is not None and found.is_overdue(now):
        expire(found, now=now)
        return None
    return found


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
