"""Sends due reminders, expires overdue invitations, scrubs old ones (R20)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from chalicelib import ids
from chalicelib.domain.due import DueAction, due_action, reminders_by, reminding_helps
from chalicelib.domain.errors import Busy
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream, new_event
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.people import Actor, system_actor
from chalicelib.operations.invitations import expire_invitation
from chalicelib.store import history, invitation_life, invitations, reading
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit

logger = logging.getLogger(__name__)

A_ROUND = 100
"""How many invitations are taken at once; a round reads what is due and nothing else."""

REMINDERS = system_actor("reminders")
RETENTION = system_actor("retention")


@dataclass(slots=True)
class Tally:
    """Counts of what was done; ``left`` failed now and is still due."""

    reminded: int = 0
    expired: int = 0
    scrubbed: int = 0
    left: int = 0


def remind_and_expire(*, now: datetime, enough: Callable[[], bool]) -> Tally:
    """Reminds and expires what is due by then, the longest overdue first, until nothing is, or it is ``enough``.

    Each invitation is a transaction of its own: one that fails delays no other, and a run that crashes half-way is
    resumed by the next one.
    """
    found = partial(invitations.due, until=now)
    return _rounds(found, now=now, retention=None, enough=enough)


def scrub(*, now: datetime, retention: timedelta, enough: Callable[[], bool]) -> Tally:
    """Scrubs the addresses and texts of invitations that ended longer ago than that, in the same way."""
    found = partial(invitations.ended, until=now - retention)
    return _rounds(found, now=now, retention=retention, enough=enough)


def _rounds(
    find: Callable[..., list[Key[Invitation]]],
    *,
    now: datetime,
    retention: timedelta | None,
    enough: Callable[[], bool],
) -> Tally:
    tally = Tally()
    left: set[str] = set()
    while not enough():
        # What is done leaves the index; what could not be done is still there, and is passed over.
        keys = [key for key in find(limit=A_ROUND + len(left)) if key.range_key not in left]
        if not keys:
            break
        for key, invitation in zip(keys, reading.many(keys), strict=True):
            if invitation is None or not _done(invitation, tally, now=now, retention=retention):
                left.add(str(key.range_key))
    tally.left = len(left)
    return tally


def _done(invitation: Invitation, tally: Tally, *, now: datetime, retention: timedelta | None) -> bool:
    """Does what is due of one invitation; False if it could not be done, or the index was behind."""
    due = due_action(invitation, now=now, retention=retention)
    try:
        if due is DueAction.EXPIRY:
            tally.expired += expire_invitation.expire(invitation, now=now)
        elif due is DueAction.REMINDER:
            tally.reminded += _remind(invitation, now)
        elif due is DueAction.SCRUBBING:
            _scrub(invitation, now)
            tally.scrubbed += 1
        else:
            return False
    except Busy as error:
        logger.warning("left for the next run: %s", type(error).__name__)
        return False
    return True


def _remind(invitation: Invitation, now: datetime) -> int:
    """Has the invitee reminded, or only notes what is due next where a mail would reach nobody."""
    helps = reminding_helps(invitation)
    after = replace(
        invitation,
        reminders=reminders_by(invitation, now),
        sent_count=invitation.sent_count + helps,
        last_sent_at=now if helps else invitation.last_sent_at,
    )
    noted = invitation_life.note_reminder(invitation, after, now=now)
    if not helps:
        commit(noted)
        return 0
    facts = {"generation": invitation.generation, "number": after.reminders}
    commit(noted, _recorded(invitation, EventType.INVITATION_REMINDED, REMINDERS, now, **facts))
    return 1


def _scrub(invitation: Invitation, now: datetime) -> None:
    commit(invitation_life.scrub(invitation), _recorded(invitation, EventType.INVITATION_SCRUBBED, RETENTION, now))


def _recorded(invitation: Invitation, kind: EventType, actor: Actor, now: datetime, **facts: int) -> Step:
    (event_id,) = ids.event_ids(now, 1)
    event: Event = new_event(
        account_stream(invitation.account_id),
        event_id=event_id,
        event_type=kind,
        at=now,
        actor=actor,
        subject=f"invitation:{invitation.id}",
        **facts,
    )
    return history.record(event)
