"""Takes back an invitation that was not accepted (R19)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.errors import InvitationNotFound
from chalicelib.domain.events import Event, EventType, Fact, of_account
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import Actor
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import Caller, Inside, enter_as
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import address_locks, history, invitation_life, invitations, memberships, seats
from chalicelib.store.transaction import Step, commit

_STILL_OPEN = frozenset({InvitationStatus.PENDING, InvitationStatus.EXPIRED})


@retry_on_change
def revoke(caller: Caller, account_id: str, invitation_id: str, *, now: datetime) -> Invitation:
    """Ends a pending invitation and gives back its seat; its link answers ``invitation_revoked`` from now on.

    Refuses: AccountNotFound, Forbidden, SupportOnly, OwnAccount, InvitationNotFound, AlreadyAccepted. One that was
    revoked or declined stays as it is, so that a second click gets the same answer; an expired one becomes final.
    """
    key = invitations.key(account_id, invitation_id)
    entered = enter_as(caller, account_id, Permission.INVITE_MANAGERS, key, now=now)
    invitation: Invitation | None = entered.also[0]
    if invitation is None:
        raise InvitationNotFound
    rules.can_be_revoked(invitation)
    if invitation.status not in _STILL_OPEN:
        return invitation
    (event_id,) = ids.event_ids(now, 1)
    commit(
        *_ending(entered, invitation, now),
        history.record(revoked_event(invitation, event_id=event_id, actor=entered.actor, now=now, **entered.facts)),
    )
    return invitation.ended(InvitationStatus.REVOKED, now)


def _ending(entered: Inside, invitation: Invitation, now: datetime) -> list[Step | None]:
    inviter = invitation.inviter
    own = inviter is not None and entered.is_customer(inviter.id)
    if invitation.status is InvitationStatus.EXPIRED:
        return [invitation_life.revoke_expired(invitation, now=now), entered.still()]
    return [
        invitation_life.revoke(invitation, now=now),
        seats.free_seat(invitation.account_id),
        address_locks.release_invitation(invitation),
        memberships.ended_from(invitation.account_id, inviter.id, invitation.id) if inviter else None,
        None if own else entered.still(),
    ]


def revoked_with(
    invitation: Invitation, *, event_id: str, actor: Actor, now: datetime, **why: Fact
) -> list[Step | None]:
    """The Steps that end a pending invitation together with what it hung on; seat and list go in Steps for all."""
    return [
        invitation_life.revoke(invitation, now=now),
        address_locks.release_invitation(invitation),
        history.record(revoked_event(invitation, event_id=event_id, actor=actor, now=now, **why)),
    ]


def revoked_event(invitation: Invitation, *, event_id: str, actor: Actor, now: datetime, **why: Fact) -> Event:
    """The event of a revoked invitation; ``was_live`` says whether its link still worked."""
    return of_account(
        invitation.account_id,
        event_id=event_id,
        event_type=EventType.INVITATION_REVOKED,
        at=now,
        actor=actor,
        subject=f"invitation:{invitation.id}",
        was_live=invitation.seen_at(now).status is InvitationStatus.PENDING,
        **why,
    )
