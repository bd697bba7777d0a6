"""When the service itself has to do something about an invitation: remind, expire, and in the end forget (R20)."""

from datetime import datetime, timedelta
from enum import Enum, auto

from chalicelib.domain.invitations import DeliveryState, Invitation

REMINDERS = (2 / 7, 5 / 7)
"""Reminders go out after these parts of an invitation's time: on day 2 and day 5 of 7."""

_NO_USE = frozenset({DeliveryState.BOUNCED, DeliveryState.COMPLAINED, DeliveryState.FAILED})


class DueAction(Enum):
    """What is due."""

    NOTHING = auto()
    REMINDER = auto()
    EXPIRY = auto()
    SCRUBBING = auto()


def next_at(invitation: Invitation) -> datetime | None:
    """When a pending invitation is due next: its next reminder, else its end; None for a link without end."""
    if invitation.validity is None:
        return None
    if invitation.is_mailed and invitation.reminders < len(REMINDERS):
        return invitation.renewed_at + invitation.validity * REMINDERS[invitation.reminders]
    return invitation.expires_at


def reminders_by(invitation: Invitation, now: datetime) -> int:
    """How many reminders the newest link should have had by then; missed ones are not sent in a row."""
    if invitation.validity is None:
        return 0
    return sum(invitation.renewed_at + invitation.validity * part <= now for part in REMINDERS)


def due_action(invitation: Invitation, *, now: datetime, retention: timedelta | None) -> DueAction:
    """What is due of an invitation at that moment; without a retention nothing is ever scrubbed."""
    if invitation.is_overdue(now):
        return DueAction.EXPIRY
    if invitation.is_pending:
        at = next_at(invitation)
        return DueAction.REMINDER if at is not None and at <= now else DueAction.NOTHING
    if retention is not None and invitation.ended_at is not None and invitation.ended_at + retention <= now:
        return DueAction.SCRUBBING
    return DueAction.NOTHING


def reminding_helps(invitation: Invitation) -> bool:
    """Whether a reminder would reach anybody: not after the mails came back or were complained of."""
    return invitation.delivery is None or invitation.delivery.state not in _NO_USE
