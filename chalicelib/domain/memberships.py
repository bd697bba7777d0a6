"""Memberships: who manages which account, in which role, and where that came from (I1)."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen


class Role(StrEnum):
    """What a manager may do; see ``permissions``."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"

    @property
    def manages(self) -> bool:
        """Whether an account that has only this person left still has somebody who can manage it."""
        return self is not Role.VIEWER


def counting(role: Role, *, login: bool) -> Role:
    """The role that somebody counts in for the guards, by whether their login is on (R31)."""
    return role if login else Role.VIEWER


class OriginKind(StrEnum):
    """The three ways into an account; there is no fourth (I1)."""

    INVITATION = "invitation"
    GRANT = "grant"
    IMPORT = "import"


@frozen
class Origin:
    """How a membership came about; ``reference`` is the id of the invitation, event or Zuora account."""

    kind: OriginKind
    reference: str


@frozen
class Membership:
    """One customer's membership of one account.

    ``sent_pending`` holds the ids of the pending invitations that this manager sent, so that removing
    the manager can end them in the same transaction (R22). ``login_off`` says that the account's counters of those who
    manage leave this one out, because the person's login is off (R31); it moves together with them.
    """

    account_id: str
    customer_id: str
    role: Role
    origin: Origin
    added_by: Actor
    created_at: datetime
    sent_pending: frozenset[str] = field(default_factory=frozenset)
    login_off: bool = False

    @property
    def counts_as(self) -> Role:
        """The role as the guards count it: who cannot sign in does no more for the account than a viewer (R31)."""
        return counting(self.role, login=not self.login_off)
