"""Invitations: reads by account, address and token, and the Steps of their life."""

from collections.abc import Collection
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import Changed, InvitationNotFound
from chalicelib.domain.invitations import (
    AcceptError,
    Delivery,
    DeliveryState,
    Invitation,
    InvitationKind,
    InvitationStatus,
    Inviter,
)
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import Actor
from chalicelib.store import connection
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import InvitationItem, Raw
from chalicelib.store.transaction import Refusal, Step, always, by_rule, put, update

_PENDING = InvitationStatus.PENDING.value
_MOST_IN_INBOX = 100


def key(account_id: str, invitation_id: str) -> Key[Invitation]:
    """The key of an invitation."""
    return Key(InvitationItem, account_id, invitation_id, load)


def load(raw: Raw) -> Invitation:
    """The invitation of a raw item."""
    return _invitation(item(InvitationItem, raw))


# Reads


def pending_of(account_id: str, *, limit: int | None = None, before: str | None = None) -> list[Invitation]:
    """The pending invitations of an account, newest first, overdue ones among them, consistently."""
    connection.client()
    condition = None if before is None else InvitationItem.pending_id < before
    with connection.reaching():
        found = InvitationItem.pending_by_account.query(
            account_id,
            range_key_condition=condition,
            limit=limit,
            page_size=limit,
            consistent_read=True,
            scan_index_forward=False,
        )
        return [_invitation(it) for it in found]


def of_account(
    account_id: str, *, statuses: Collection[InvitationStatus], now: datetime, limit: int, before: str | None = None
) -> list[Invitation]:
    """The invitations of an account that are in one of the states at that moment, newest first, consistently.

    Ended invitations are read in order and filtered, so the cost follows the account's own invitations.
    """
    connection.client()
    condition: Condition = InvitationItem.invitation_id.startswith("inv_")
    if before is not None:
        condition = InvitationItem.invitation_id.between("inv_", before)
    with connection.reaching():
        found = InvitationItem.query(
            account_id,
            range_key_condition=condition,
            filter_condition=_in_state(statuses, now),
            limit=limit + 1,  # ``between`` includes its end
            page_size=max(limit, 20),
            consistent_read=True,
            scan_index_forward=False,
        )
        return [_invitation(it) for it in found if it.invitation_id != before][:limit]


def inbox(address: Address) -> list[Key[Invitation]]:
    """The keys of the pending invitations for an address; read them to know their present state."""
    connection.client()
    with connection.reaching():
        found = InvitationItem.pending_by_address.query(address, scan_index_forward=False, limit=_MOST_IN_INBOX)
        return [key(it.account_id, it.invitation_id) for it in found]


# Steps of an invitation


def create(invitation: Invitation) -> Step:
    """Writes a new invitation."""
    new = InvitationItem(
        invitation.account_id,
        invitation.id,
        kind=invitation.kind,
        address=invitation.address,
        role=invitation.role,
        status=invitation.status,
        generation=invitation.generation,
        key_id=invitation.key_id,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        invited_by=invitation.invited_by,
        inviter_id=invitation.inviter.id if invitation.inviter else None,
        inviter_first_name=invitation.inviter.first_name if invitation.inviter else None,
        inviter_last_name=invitation.inviter.last_name if invitation.inviter else None,
        message=invitation.message,
        locale=invitation.locale,
        sent_count=invitation.sent_count,
        last_sent_at=invitation.last_sent_at,
        delivery_state=invitation.delivery.state if invitation.delivery else None,
        delivery_at=invitation.delivery.at if invitation.delivery else None,
        pending_id=invitation.id,
        pending_address=invitation.address,
        expiry_day=_day(invitation.expires_at),
    )
    return put(new, condition=InvitationItem.account_id.does_not_exist(), refusal=always(Changed()))


def accepted(invitation: Invitation, *, generation: int, customer_id: str, now: datetime) -> Step:
    """Ends it as accepted: pending, in time, by its newest link (R17)."""
    condition = _is_pending() & (InvitationItem.generation == generation) & _in_time(now)
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
        refusal=by_rule(
            load,
            lambda then: rules.can_be_accepted(then, generation=generation, now=now),
            missing=InvitationNotFound(),
        ),
    )


def revoked(invitation: Invitation, *, now: datetime) -> Step:
    """Ends a pending one as revoked."""
    return _end(
        invitation,
        InvitationStatus.REVOKED,
        now,
        condition=_is_pending(),
        refusal=by_rule(load, rules.can_be_revoked, missing=InvitationNotFound()),
    )


def revoked_after_expiry(invitation: Invitation, *, now: datetime) -> Step:
    """Makes an expired one final, so that it cannot be renewed."""
    expired = InvitationItem.status == InvitationStatus.EXPIRED.value
    return _end(
        invitation,
        InvitationStatus.REVOKED,
        now,
        condition=expired,
        refusal=by_rule(load, rules.can_be_revoked, missing=InvitationNotFound()),
    )


def expired(invitation: Invitation, *, now: datetime) -> Step:
    """Ends a pending one whose time is over, at the time at which it was over."""
    condition = _is_pending() & InvitationItem.expires_at.exists() & (InvitationItem.expires_at <= now)
    return _end(
        invitation,
        InvitationStatus.EXPIRED,
        invitation.expires_at or now,
        condition=condition,
        refusal=always(Changed()),
    )


def note_accept_error(invitation: Invitation, error: AcceptError) -> Step:
    """Shows a failed attempt to those who may see the invitation (R15)."""
    return update(
        InvitationItem(invitation.account_id, invitation.id),
        [InvitationItem.accept_error_code.set(error.code), InvitationItem.accept_error_at.set(error.at)],
        condition=_is_pending(),
        refusal=always(Changed()),
    )


def delivery_noted(invitation: Invitation, delivery: Delivery) -> Step:
    """Notes what became of the newest mail, unless a newer mail or a later state is known by now."""
    condition = (InvitationItem.generation == invitation.generation) & (
        InvitationItem.delivery_state == DeliveryState.QUEUED.value
    )
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
        refusal=always(Changed()),
    )


# Inside


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
        InvitationItem.pending_address.remove(),
        InvitationItem.expiry_day.remove(),
        *(more or []),
    ]
    return update(InvitationItem(invitation.account_id, invitation.id), actions, condition=condition, refusal=refusal)


def _is_pending() -> Condition:
    return InvitationItem.status == _PENDING


def _in_time(now: datetime) -> Condition:
    in_time: Condition = InvitationItem.expires_at.does_not_exist()
    in_time |= InvitationItem.expires_at > now
    return in_time


def _in_state(statuses: Collection[InvitationStatus], now: datetime) -> Condition:
    parts: list[Condition] = []
    for status in sorted(statuses):
        part: Condition = InvitationItem.status == status.value
        if status is InvitationStatus.PENDING:
            part &= _in_time(now)
        if status is InvitationStatus.EXPIRED:
            part |= _is_pending() & (InvitationItem.expires_at <= now)
        parts.append(part)
    whole = parts[0]
    for part in parts[1:]:
        whole |= part
    return whole


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _invitation(it: InvitationItem) -> Invitation:
    delivery = accept_error = inviter = None
    if it.inviter_id is not None:
        inviter = Inviter(it.inviter_id, it.inviter_first_name or "", it.inviter_last_name or "")
    if it.delivery_state is not None:
        delivery = Delivery(DeliveryState(it.delivery_state), it.delivery_at, it.delivery_reason)
    if it.accept_error_code is not None:
        accept_error = AcceptError(it.accept_error_code, it.accept_error_at)
    return Invitation(
        account_id=it.account_id,
        id=it.invitation_id,
        kind=InvitationKind(it.kind),
        address=None if it.address is None else Address(it.address),
        role=Role(it.role),
        status=InvitationStatus(it.status),
        generation=int(it.generation),
        key_id=it.key_id,
        created_at=it.created_at,
        expires_at=it.expires_at,
        invited_by=Actor(it.invited_by),
        inviter=inviter,
        message=it.message,
        locale=it.locale,
        sent_count=int(it.sent_count),
        last_sent_at=it.last_sent_at,
        delivery=delivery,
        last_accept_error=accept_error,
        accepted_by=it.accepted_by,
        ended_at=it.ended_at,
        decline_reason=it.decline_reason,
    )
