"""Customers: one person, one address, at most one sign-in (R1-R3)."""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.addresses import Address
from chalicelib.domain.invitations import Delivery
from chalicelib.domain.people import Actor, SignedIn
from chalicelib.frozen import frozen


@frozen
class PersonalMail:
    """The newest mail to a person, invitations apart, and what became of it (R25). Newer mails have greater ids."""

    id: str
    delivery: Delivery


@frozen
class Touch:
    """That a support agent unlinked a sign-in or changed an address: who, by which sign-in, and when (R67)."""

    actor: Actor
    identity: str
    at: datetime

    def is_of(self, actor: Actor, identity: str) -> bool:
        """Whether it was that person, under whichever of their addresses."""
        return actor == self.actor or identity == self.identity


@frozen
class Customer:
    """A person who manages billing accounts, or could.

    ``identity`` is the sign-in that the customer is bound to, None before the first sign-in.
    ``membership_count`` equals the number of memberships, always (I2); ``counted_version`` grows whenever one of them
    begins to count among those who manage its account (R31). ``login_changed_by`` and
    ``login_changed_at`` say who last switched the login, None if nobody ever did (R3). ``version`` counts the
    edits. Of a person who was erased only the id is left; ``address`` is a pseudonym then. ``locale`` is the language
    that the person chose for themselves, None for no choice (R41). ``other_addresses`` are those under which the person
    was here too: had before, or accepted an invitation with; what is erased or guarded goes by them too.
    ``unlinked`` and ``moved`` are the last time that support took the sign-in off them, and gave them another address.
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
    mail: PersonalMail | None = None
    locale: str | None = None
    other_addresses: frozenset[Address] = frozenset()
    counted_version: int = 0
    unlinked: Touch | None = None
    moved: Touch | None = None

    @property
    def name(self) -> str:
        """First and last name as one text; empty when neither is known."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def addresses(self) -> frozenset[Address]:
        """Every address of the person that is known here."""
        return self.other_addresses | {self.address}

    def named_by(self, person: SignedIn) -> "Customer":
        """The customer with the names that are empty filled from the sign-in, which may have none either (R41)."""
        if self.first_name and self.last_name:
            return self
        return replace(
            self, first_name=self.first_name or person.first_name, last_name=self.last_name or person.last_name
        )


def changed_fields(before: Customer, after: Customer) -> dict[str, tuple[str, str]]:
    """What of a person's own data differs, each with its value before and after; no value is an empty text."""
    names = ("first_name", "last_name", "address", "locale")
    values = {name: (getattr(before, name) or "", getattr(after, name) or "") for name in names}
    return {name: both for name, both in values.items() if both[0] != both[1]}
