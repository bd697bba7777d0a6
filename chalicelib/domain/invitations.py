"""Invitations: their states, and which state counts at a given time."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.addresses import Address
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen


class InvitationKind(StrEnum):
    """By e-mail to one address, or a single-use link for whoever holds it."""

    EMAIL = "email"
    LINK = "link"


class InvitationStatus(StrEnum):
    """Pending, or how it ended."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


class DeliveryState(StrEnum):
    """What is known of the latest mail of an invitation (R25)."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"


_ORDER = (
    DeliveryState.QUEUED,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
)


def states_before(state: DeliveryState) -> tuple[DeliveryState, ...]:
    """The states that this one replaces; feedback comes in any order, and more than once.

    A failure to send replaces what was known before the mail was out; nothing replaces a failure.
    """
    if state is DeliveryState.FAILED:
        return (DeliveryState.QUEUED, DeliveryState.SENT)
    return _ORDER[: _ORDER.index(state)]


@frozen
class Delivery:
    """The state of the latest mail, since when, and why if it failed."""

    state: DeliveryState
    at: datetime
    reason: str | None = None


@frozen
class AcceptError:
    """The last failed attempt to accept, shown to those who may see invitations (R15)."""

    code: str
    at: datetime


@frozen
class Inviter:
    """The manager who sent an invitation, with the name that they had then."""

    id: str
    first_name: str
    last_name: str


@frozen
class Invitation:
    """An invitation to manage an account.

    ``generation`` counts its links: resending raises it and older links die. ``renewed_at`` is when the
    newest one was made, and ``validity`` how long it is good for, None for a link without end.
    ``inviter`` is None when support sent it (``invited_by`` names the actor in both cases).
    ``accepted_by`` is the id of the customer who accepted it. ``reminders`` counts those of the newest
    link, ``new_requested_at`` is when somebody last asked for a new one (R23). ``addressed_since`` is the
    first generation that went to the present address. ``agents`` are the support agents who made it, or chose
    where it goes: as actors and by their sign-ins; none for an invitation that is the managers' alone. ``transfer_id``
    names the transfer of ownership that waits for it.
    """

    account_id: str
    id: str
    kind: InvitationKind
    address: Address | None
    role: Role
    status: InvitationStatus
    generation: int
    key_id: str
    created_at: datetime
    renewed_at: datetime
    validity: timedelta | None
    expires_at: datetime | None
    reminders: int
    new_requested_at: datetime | None
    invited_by: Actor
    inviter: Inviter | None
    message: str | None
    locale: str | None
    sent_count: int
    last_sent_at: datetime | None
    delivery: Delivery | None
    last_accept_error: AcceptError | None
    accepted_by: str | None
    ended_at: datetime | None
    decline_reason: str | None
    addressed_since: int = 1
    agents: frozenset[str] = frozenset()
    transfer_id: str | None = None

    @property
    def is_by_support(self) -> bool:
        """Whether support made it, took it over, or chose where it goes (R67)."""
        return self.inviter is None or bool(self.agents)

    @property
    def is_pending(self) -> bool:
        """True while it is stored as pending, overdue or not."""
        return self.status is InvitationStatus.PENDING

    @property
    def is_mailed(self) -> bool:
        """True for an invitation by e-mail."""
        return self.kind is InvitationKind.EMAIL

    def ended(self, status: InvitationStatus, at: datetime) -> "Invitation":
        """The invitation after it has ended in that way."""
        return replace(self, status=status, ended_at=at)

    def seen_at(self, now: datetime) -> "Invitation":
        """The invitation as it counts at that moment: one past its end is expired, recorded or not (R20)."""
        if self.is_overdue(now):
            return self.ended(InvitationStatus.EXPIRED, self.expires_at or now)
        return self

    def is_overdue(self, now: datetime) -> bool:
        """True when it is still stored as pending although it has expired."""
        return self.status is InvitationStatus.PENDING and self.expires_at is not None and self.expires_at <= now
