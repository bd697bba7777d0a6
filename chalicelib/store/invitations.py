"""Invitations: reads by account, address and token. ``invitation_life`` has the Steps that change them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.domain.addresses import Address
from chalicelib.domain.due import next_at
from chalicelib.domain.errors import Changed
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
from chalicelib.store import bounded, connection, reading
from chalicelib.store.bounded import Found
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import InvitationItem, Raw
from chalicelib.store.transaction import Step, put, refuse_with

PENDING = InvitationStatus.PENDING.value
ENDED = "ended"
MOST_IN_INBOX = 100
_DELIVERY_STATES = frozenset(DeliveryState)


def key(account_id: str, invitation_id: str) -> Key[Invitation]:
    """The key of an invitation."""
    return Key(InvitationItem, account_id, invitation_id, load)


def load(raw: Raw) -> Invitation:
    """The invitation of a raw item."""
    return _invitation(item(InvitationItem, raw))


def pending_of(account_id: str, *, limit: int | None = None, before: str | None = None) -> list[Invitation]:
    """The pending invitations of an account, newest first, overdue ones among them, consistently."""
    connection.client()
    condition = None if before is None else InvitationItem.pending_id < before
    with connection.reaching():
        found = InvitationItem.pending_by_account.query(
            account_id,
            range_key_condition=condition,
            page_size=limit,
            consistent_read=True,
            scan_index_forward=False,
        )
        return reading.each(found, _invitation, limit=limit)


def of_account(
    account_id: str, *, statuses: Collection[InvitationStatus], now: datetime, limit: int, before: str | None = None
) -> list[Invitation]:
    """The invitations of an account that are in one of the states at that moment, newest first, consistently.

    Ended invitations are read in order and filtered, so the cost follows the account's own invitations.
    """
    connection.client()
    with connection.reaching():
        found = InvitationItem.query(
            account_id,
            range_key_condition=_up_to(before),
            filter_condition=_in_state(statuses, now),
            limit=limit + 1,  # ``_up_to`` includes its end
            page_size=max(limit, 20),
            consistent_read=True,
            scan_index_forward=False,
        )
        return [_invitation(it) for it in found if it.invitation_id != before][:limit]


def part_of_account(
    account_id: str, *, statuses: Collection[InvitationStatus], now: datetime, limit: int, before: str | None
) -> Found[Invitation]:
    """The same within bounds."""
    connection.client()
    with connection.reaching():
        found = InvitationItem.query(
            account_id,
            range_key_condition=_up_to(before),
            filter_condition=_in_state(statuses, now),
            page_size=max(limit + 2, 20),  # one more than fits, and the end
            consistent_read=True,
            scan_index_forward=False,
        )
        return bounded.read(found, load, range_key="invitation_id", limit=limit, without=before)


def inbox(address: Address, *, before: str | None = None) -> list[Key[Invitation]]:
    """The keys of the newest invitations for an address, MOST_IN_INBOX at most; read them to know their state now."""
    connection.client()
    condition = None if before is None else InvitationItem.invitation_id < before
    with connection.reaching():
        found = InvitationItem.by_address.query(address, condition, scan_index_forward=False, limit=MOST_IN_INBOX)
        return reading.each(found, lambda it: reading.if_readable(key(it.account_id, it.invitation_id)))


def every_to(address: Address) -> list[Key[Invitation]]:
    """The keys of all invitations to an address that have not been scrubbed."""
    connection.client()
    with connection.reaching():
        return [key(it.account_id, it.invitation_id) for it in InvitationItem.by_address.query(address)]


def of_invitee(address: Address, invitation_id: str) -> Key[Invitation] | None:
    """The key of one invitation of an address; None if the address was not sent it."""
    connection.client()
    with connection.reaching():
        found = InvitationItem.by_address.query(address, InvitationItem.invitation_id == invitation_id)
        return next((key(it.account_id, it.invitation_id) for it in found), None)


def due(*, until: datetime, limit: int) -> list[Key[Invitation]]:
    """The keys of pending invitations of which something is due by then, the longest overdue first."""
    return _due(PENDING, until, limit)


def ended(*, until: datetime, limit: int) -> list[Key[Invitation]]:
    """The keys of invitations that ended by then and still carry an address, the oldest end first."""
    return _due(ENDED, until, limit)


def _due(kind: str, until: datetime, limit: int) -> list[Key[Invitation]]:
    connection.client()
    with connection.reaching():
        found = InvitationItem.by_due.query(kind, InvitationItem.due_at <= until, page_size=limit)
        return reading.each(found, lambda it: reading.if_readable(key(it.account_id, it.invitation_id)), limit=limit)


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
        renewed_at=invitation.renewed_at,
        validity=None if invitation.validity is None else int(invitation.validity.total_seconds()),
        expires_at=invitation.expires_at,
        reminders=invitation.reminders,
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
        agents=set(invitation.agents) or None,
        transfer_id=invitation.transfer_id,
        pending_id=invitation.id,
        due=PENDING if next_at(invitation) else None,
        due_at=next_at(invitation),
    )
    return put(new, condition=InvitationItem.account_id.does_not_exist(), refusal=refuse_with(Changed()))


def _up_to(end: str | None) -> Condition:
    """The ids of invitations, with the end itself if one is named."""
    if end is None:
        return InvitationItem.invitation_id.startswith("inv_")
    return InvitationItem.invitation_id.between("inv_", end)


def is_pending() -> Condition:
    """Its status is pending."""
    return InvitationItem.status == PENDING


def in_time(now: datetime) -> Condition:
    """Its time is not over."""
    in_time: Condition = InvitationItem.expires_at.does_not_exist()
    in_time |= InvitationItem.expires_at > now
    return in_time


def _in_state(statuses: Collection[InvitationStatus], now: datetime) -> Condition:
    parts: list[Condition] = []
    for status in sorted(statuses):
        part: Condition = InvitationItem.status == status.value
        if status is InvitationStatus.PENDING:
            part &= in_time(now)
        if status is InvitationStatus.EXPIRED:
            part |= is_pending() & (InvitationItem.expires_at <= now)
        parts.append(part)
    whole = parts[0]
    for part in parts[1:]:
        whole |= part
    return whole


def _invitation(it: InvitationItem) -> Invitation:
    delivery = accept_error = inviter = None
    if it.inviter_id is not None:
        inviter = Inviter(it.inviter_id, it.inviter_first_name or "", it.inviter_last_name or "")
    if it.delivery_state in _DELIVERY_STATES:  # one that is not known is none
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
        renewed_at=it.renewed_at,
        validity=None if it.validity is None else timedelta(seconds=int(it.validity)),
        expires_at=it.expires_at,
        reminders=int(it.reminders),
        new_requested_at=it.new_requested_at,
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
        addressed_since=int(it.addressed_since or 1),
        agents=frozenset(it.agents or ()),
        transfer_id=it.transfer_id,
    )
