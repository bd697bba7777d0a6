"""Customers: one person, one address, at most one sign-in (R1-R3)."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.addresses import Address
from chalicelib.domain.people import Actor


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who manages billing accounts, or could.

    ``identity`` is the sign-in that the customer is bound to, None before the first sign-in.
    ``membership_count`` equals the number of memberships, always (I2). ``login_changed_by`` and
    ``login_changed_at`` say who last switched the login, None if nobody ever did (R3). ``version`` counts the
    edits. Of a person who was erased only the id is left; ``address`` is a pseudonym then.
    """

    id: str
    address: Address
    first_name: str
    last_name: str
    identity: str | None
    login_activated: bool
    membership_count: int
    created_at: datetime
    login_changed_by: Actor | None = None
    login_changed_at: datetime | None = None
    version: int = 1
    erased_at: datetime | None = None

    @property
    def name(self) -> str:
        """First and last name as one text; empty when neither is known."""
        return f"{self.first_name} {self.last_name}".strip()
