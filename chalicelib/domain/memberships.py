"""Memberships: who manages which account, in which role, and where that came from (I1)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.people import Actor


class Role(StrEnum):
    """What a manager may do; see ``permissions``."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"

    @property
    def manages(self) -> bool:
        """Whether an account that has only this person left still has somebody who can manage it."""
        return self is not Role.VIEWER


class OriginKind(StrEnum):
    """The three ways into an account; there is no fourth (I1)."""

    INVITATION = "invitation"
    GRANT = "grant"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a membership came from; ``reference`` is the id of the invitation, event or Zuora account."""

    kind: OriginKind
    reference: str


@dataclass(frozen=True, slots=True)
class Membership:
    """One customer's place in one account.

    ``sent_pending`` holds the ids of the pending invitations that this manager sent, so that removing
    the manager can end them in the same transaction (R22).
    """

    account_id: str
    customer_id: str
    role: Role
    origin: Origin
    added_by: Actor
    created_at: datetime
    sent_pending: frozenset[str] = field(default_factory=frozenset)
