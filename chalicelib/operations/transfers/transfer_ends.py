"""How a transfer comes to its end without being completed: what it holds is given back, with one event (R66)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.accounts import Account
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, account_stream, new_event
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import Actor
from chalicelib.domain.transfers import Entry, State, Transfer
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.store import history, invitation_life, seats, transfers
from chalicelib.store.transaction import Step


def ending(
    account: Account,
    before: Transfer,
    after: Transfer,
    invitation: Invitation | None,
    *,
    actor: Actor,
    facts: Mapping[str, Fact],
    now: datetime,
) -> list[Step | None]:
    """The Steps that end a transfer early: a borrowed seat goes back, its own pending invitation is revoked.

    One that somebody had sent before, or has taken over since, is theirs, and stays. Who has accepted it is in, also
    where the transfer has not heard of it yet.
    """
    event_id, other_id = ids.event_ids(now, 2)
    own = before.own_invitation and invitation is not None and invitation.inviter is None
    pending = invitation if own and invitation is not None and invitation.is_pending else None
    if invitation is not None and invitation.status is InvitationStatus.ACCEPTED and before.state is State.INVITED:
        after = replace(after, to_customer_id=invitation.accepted_by, new_manager=Entry.LET_IN)
    steps: list[Step | None] = [
        *transfers.advance(before, after, now=now),
        seats.return_borrowed_seat(account, pending=1 if pending else 0, borrowed=account.borrowed_seats),
        history.record(event_of(after, EventType.TRANSFER_ENDED, event_id, actor=actor, now=now, facts=facts)),
    ]
    if pending is None and invitation is not None and _may_live_on(invitation) and invitation.transfer_id == before.id:
        steps.append(invitation_life.not_awaited(invitation))
    if pending is not None:
        why = {**before.facts, **facts, "because": "transfer_ended"}
        steps += revoke_steps(pending, event_id=other_id, actor=actor, now=now, elsewhere=Hold.SEAT, **why)
    return steps


def _may_live_on(invitation: Invitation) -> bool:
    return invitation.status in {InvitationStatus.PENDING, InvitationStatus.EXPIRED}


def event_of(
    after: Transfer, kind: EventType, event_id: str, *, actor: Actor, now: datetime, facts: Mapping[str, Fact]
) -> Event:
    """The event of a transfer that has moved; at its end with what has come of it, for the mails about it."""
    came_of: dict[str, Fact] = {}
    if kind is EventType.TRANSFER_ENDED:
        chosen = after.reached(State.SOLD_TO_REQUESTED) is not None
        came_of = {"new_manager": after.new_manager, "sold_to_requested": chosen, "old_manager_removed": False}
    return new_event(
        account_stream(after.account_id),
        event_id=event_id,
        event_type=kind,
        at=now,
        actor=actor,
        subject=f"transfer:{after.id}",
        state=after.state.value,
        error=after.error,
        from_customer_id=after.from_customer_id,
        customer_id=after.to_customer_id,
        **{**after.facts, **came_of, **facts},
    )
