"""The Steps of an invitation's life: sent again, reminded of, ended one way or another, and forgotten."""

from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.due import next_at
from chalicelib.domain.errors import Changed, InvitationNotFound
from chalicelib.domain.invitations import (
    AcceptError,
    Delivery,
    DeliveryState,
    Invitation,
    InvitationStatus,
    states_before,
)
from chalicelib.store.invitations import ENDED, PENDING, in_time, is_pending, load
from chalicelib.store.tables import InvitationItem
from chalicelib.store.transaction import Refusal, Step, refuse_by_rule, refuse_with, update, without_personal


def accept(invitation: Invitation, *, generation: int, customer_id: str, now: datetime) -> Step:
    """Ends it as accepted: pending, in time, by its newest link (R17), for the transfer that it was read for."""
    condition = is_pending() & (InvitationItem.generation == generation) & in_time(now)
    condition &= _is_for(invitation.transfer_id)
    return _end(
        invitation,
        InvitationStatus.ACCEPTED,
        now,
        condition=condition,
        more=[
            InvitationItem.accepted_by.set(customer_id),
            InvitationItem.accept_error_code.remove(),
            InvitationItem.accept_error_at.remove(),
        ],
        refusal=refuse_by_rule(
            load,
            lambda then: rules.can_be_accepted(then, generation=generation, now=now),
            missing=InvitationNotFound(),
        ),
    )


def decline(invitation: Invitation, *, generation: int | None, reason: str | None, now: datetime) -> Step:
    """Ends one that is as it was read (pending, or expired) as declined; ``generation`` says by which link."""
    return _end(
        invitation,
        InvitationStatus.DECLINED,
        now,
        condition=_as_read(invitation),
        more=[InvitationItem.decline_reason.set(reason)] if reason is not None else [],
        refusal=refuse_by_rule(
            load, lambda then: rules.can_be_declined(then, generation=generation), missing=InvitationNotFound()
        ),
    )


def awaited(invitation: Invitation, transfer_id: str) -> Step:
    """Notes on a pending one that a transfer waits for it."""
    return _noting(invitation, InvitationItem.transfer_id.set(transfer_id))


def not_awaited(invitation: Invitation) -> Step:
    """The transfer that has waited for it has ended; it may live on, an expired one be sent again."""
    return _noting(invitation, InvitationItem.transfer_id.remove())


def _noting(invitation: Invitation, action: Action) -> Step:
    here = InvitationItem(invitation.account_id, invitation.id)
    as_read = (InvitationItem.status == invitation.status.value) & _is_for(invitation.transfer_id)
    return update(here, [action], condition=as_read, refusal=refuse_with(Changed()))


def _is_for(transfer_id: str | None) -> Condition:
    is_for: Condition = InvitationItem.transfer_id.does_not_exist()
    if transfer_id is not None:
        is_for = InvitationItem.transfer_id == transfer_id
    return is_for


def _as_read(invitation: Invitation) -> Condition:
    as_read: Condition = InvitationItem.status == invitation.status.value
    as_read &= InvitationItem.generation == invitation.generation
    return as_read


def resend(before: Invitation, after: Invitation, *, cooldown: timedelta, now: datetime) -> Step:
    """Renews one that is as it was read (pending, or expired): next generation, new end, maybe a new address."""
    actions: list[Action] = [
        InvitationItem.status.set(InvitationStatus.PENDING.value),
        _set(InvitationItem.address, after.address),
        InvitationItem.generation.set(after.generation),
        InvitationItem.addressed_since.set(after.addressed_since),
        InvitationItem.key_id.set(after.key_id),
        InvitationItem.renewed_at.set(after.renewed_at),
        _set(InvitationItem.expires_at, after.expires_at),
        InvitationItem.reminders.set(0),
        InvitationItem.invited_by.set(after.invited_by),
        *_inviter(after),
        _set(InvitationItem.agents, set(after.agents) or None),
        InvitationItem.sent_count.add(1),
        InvitationItem.last_sent_at.set(now),
        InvitationItem.delivery_state.set(DeliveryState.QUEUED.value),
        InvitationItem.delivery_at.set(now),
        InvitationItem.delivery_reason.remove(),
        InvitationItem.ended_at.remove(),
        InvitationItem.new_requested_at.remove(),
        InvitationItem.accept_error_code.remove(),
        InvitationItem.accept_error_at.remove(),
        InvitationItem.pending_id.set(after.id),
        InvitationItem.due.set(PENDING),
        _set(InvitationItem.due_at, next_at(after)),
    ]
    return update(
        InvitationItem(after.account_id, after.id),
        actions,
        condition=_as_read(before),
        refusal=refuse_by_rule(
            load,
            lambda then: rules.can_be_resent(then, cooldown=cooldown, now=now),
            missing=InvitationNotFound(),
        ),
    )


def note_reminder(before: Invitation, after: Invitation, *, now: datetime) -> Step:
    """Counts a reminder of the newest link, and notes when the next thing is due."""
    as_read = (
        is_pending()
        & (InvitationItem.generation == before.generation)
        & (InvitationItem.reminders == before.reminders)
        & in_time(now)
    )
    actions: list[Action] = [
        InvitationItem.reminders.set(after.reminders),
        InvitationItem.sent_count.set(after.sent_count),
        _set(InvitationItem.due_at, next_at(after)),
    ]
    if after.last_sent_at is not None:
        actions.append(InvitationItem.last_sent_at.set(after.last_sent_at))
    here = InvitationItem(after.account_id, after.id)
    return update(here, actions, condition=as_read, refusal=refuse_with(Changed()))


def note_request_for_new(invitation: Invitation, *, generation: int, now: datetime) -> Step:
    """Notes that somebody asked for a new one, at most once a day (R23)."""
    not_lately: Condition = InvitationItem.new_requested_at.does_not_exist()
    not_lately |= InvitationItem.new_requested_at <= now - rules.ASK_AGAIN_AFTER
    as_read = (InvitationItem.status == invitation.status.value) & (InvitationItem.generation == generation)
    return update(
        InvitationItem(invitation.account_id, invitation.id),
        [InvitationItem.new_requested_at.set(now)],
        condition=as_read & not_lately,
        refusal=refuse_by_rule(
            load,
            lambda then: rules.new_one_can_be_requested(then, generation=generation, now=now),
            missing=InvitationNotFound(),
        ),
    )


def scrub(invitation: Invitation) -> Step:
    """Forgets whom an ended invitation was for and what people wrote in it."""
    return update(
        InvitationItem(invitation.account_id, invitation.id),
        [*without_personal(InvitationItem), InvitationItem.due.remove(), InvitationItem.due_at.remove()],
        condition=(InvitationItem.due == ENDED) & (InvitationItem.ended_at == invitation.ended_at),
        refusal=refuse_with(Changed()),
    )


def revoke(invitation: Invitation, *, now: datetime) -> Step:
    """Ends a pending one as revoked; sent again since it was read, it is read again, so that the end comes last."""
    return _end(
        invitation,
        InvitationStatus.REVOKED,
        now,
        condition=is_pending() & (InvitationItem.generation == invitation.generation),
        refusal=refuse_by_rule(load, rules.can_be_revoked, missing=InvitationNotFound()),
    )


def revoke_expired(invitation: Invitation, *, now: datetime) -> Step:
    """Makes an expired one final, so that it cannot be renewed."""
    expire = InvitationItem.status == InvitationStatus.EXPIRED.value
    return _end(
        invitation,
        InvitationStatus.REVOKED,
        now,
        condition=expire,
        refusal=refuse_by_rule(load, rules.can_be_revoked, missing=InvitationNotFound()),
    )


def expire(invitation: Invitation, *, now: datetime) -> Step:
    """Ends a pending one whose time is over, at the time at which it was over."""
    condition = is_pending() & InvitationItem.expires_at.exists() & (InvitationItem.expires_at <= now)
    return _end(
        invitation,
        InvitationStatus.EXPIRED,
        invitation.expires_at or now,
        condition=condition,
        refusal=refuse_with(Changed()),
    )


def note_accept_error(invitation: Invitation, error: AcceptError) -> Step:
    """Shows a failed attempt to those who may see the invitation (R15)."""
    return update(
        InvitationItem(invitation.account_id, invitation.id),
        [InvitationItem.accept_error_code.set(error.code), InvitationItem.accept_error_at.set(error.at)],
        condition=is_pending(),
        refusal=refuse_with(Changed()),
    )


def note_delivery(invitation: Invitation, delivery: Delivery) -> Step:
    """Notes what became of the newest mail, unless a newer mail or a later state is known by now."""
    earlier = [state.value for state in states_before(delivery.state)]
    condition = (InvitationItem.generation == invitation.generation) & InvitationItem.delivery_state.is_in(*earlier)
    actions: list[Action] = [
        InvitationItem.delivery_state.set(delivery.state.value),
        InvitationItem.delivery_at.set(delivery.at),
    ]
    if delivery.reason is not None:
        actions.append(InvitationItem.delivery_reason.set(delivery.reason))
    return update(
        InvitationItem(invitation.account_id, invitation.id),
        actions,
        condition=condition,
        refusal=refuse_with(Changed()),
    )


def _end(
    invitation: Invitation,
    status: InvitationStatus,
    at: datetime,
    *,
    condition: Condition,
    refusal: Refusal,
    more: list[Action] | None = None,
) -> Step:
    actions: list[Action] = [
        InvitationItem.status.set(status.value),
        InvitationItem.ended_at.set(at),
        InvitationItem.pending_id.remove(),
        InvitationItem.due.set(ENDED),
        InvitationItem.due_at.set(at),
        *(more or []),
    ]
    return update(InvitationItem(invitation.account_id, invitation.id), actions, condition=condition, refusal=refusal)


def _inviter(invitation: Invitation) -> list[Action]:
    inviter = invitation.inviter
    if inviter is None:
        return [
            InvitationItem.inviter_id.remove(),
            InvitationItem.inviter_first_name.remove(),
            InvitationItem.inviter_last_name.remove(),
        ]
    return [
        InvitationItem.inviter_id.set(inviter.id),
        InvitationItem.inviter_first_name.set(inviter.first_name),
        InvitationItem.inviter_last_name.set(inviter.last_name),
    ]


def _set(attribute: Attribute[Any], value: Any) -> Action:
    """Sets an attribute, or removes it: a null in a key of an index is refused by DynamoDB."""
    action: Action = attribute.remove() if value is None else attribute.set(value)
    return action
