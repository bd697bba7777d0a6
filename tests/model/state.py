"""What the reference model knows: plain data, and questions about it.

Customers are named by their address, accounts and invitations by labels that the caller chooses.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and code; ``about`` names what it is about, ``replayed`` marks an earlier answer given again."""

    status: int
    code: str | None = None
    about: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """What a sign-in says: whose it is, and the address that the provider gives."""

    identity: str
    address: str
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the history; ``fact`` is a role, a change of role, the generation of a link, or that it was live."""

    type: str
    account: str | None
    subject: str
    actor: str
    at: datetime
    customer: str | None = None
    fact: str | None = None


@dataclass(slots=True)
class Customer:
    """A person, bound to a sign-in from the first one on (R2); ``others`` are addresses that they acted under too."""

    address: str
    identity: str | None = None
    active: bool = True
    others: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Member:
    """A manager of an account."""

    role: str
    since: datetime


@dataclass(slots=True)
class Account:
    """A billing account and its managers; the two contacts are addresses."""

    sold_to: str
    bill_to: str
    plan: str | None
    max_managers: int | None
    managed_by: str = "managers"
    status: str = "active"
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether it takes nobody any more."""
        return self.status == "closed"


@dataclass(slots=True)
class Invitation:
    """An invitation; without an address it is a link, and may have no end.

    ``noted`` is the last failed attempt to accept it (R15). ``unreachable`` says that its mails do not get through.
    """

    account: str
    address: str | None
    role: str
    inviter: str | None
    validity: timedelta | None
    renewed_at: datetime
    sent_at: datetime | None
    status: str = "pending"
    generation: int = 1
    addressed_since: int = 1
    reminders: int = 0
    asked_at: datetime | None = None
    unreachable: bool = False
    accepted_by: str | None = None
    noted: str | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When it is over."""
        return None if self.validity is None else self.renewed_at + self.validity

    def readdress(self, address: str) -> None:
        """To that address from the next link on; links to another one are not even good for declining (R14)."""
        if address != self.address:
            self.address, self.addressed_since = address, self.generation + 1

    @property
    def reminder_at(self) -> datetime | None:
        """When the next reminder is due: on day 2 and 5 of 7, and in proportion (R20)."""
        if self.address is None or self.validity is None or self.reminders > 1:
            return None
        return self.renewed_at + self.validity * (2, 5)[self.reminders] / 7


@dataclass(frozen=True, slots=True)
class Kept:
    """What a request under an Idempotency-Key made (R26)."""

    body: object
    made: str
    until: datetime


class State:
    """Everything there is, and the clock. ``memberships_each`` and ``pending_each`` are the settings of R5 and R8."""

    def __init__(self, *, now: datetime, memberships_each: int | None = None, pending_each: int = 15) -> None:
        self.now = now
        self.memberships_each, self.pending_each = memberships_each, pending_each
        self.customers: dict[str, Customer] = {}
        self.accounts: dict[str, Account] = {}
        self.invitations: dict[str, Invitation] = {}
        self.kept: dict[tuple[str, str], Kept] = {}
        self.events: list[Event] = []

    def record(
        self,
        kind: str,
        account: str | None,
        subject: str,
        actor: str,
        *,
        customer: str | None = None,
        fact: object = None,
    ) -> None:
        """Writes one event into the history."""
        said = None if fact is None else str(fact)
        self.events.append(Event(kind, account, subject, actor, self.now, customer, said))

    def pass_time(self, span: timedelta) -> None:
        """Lets time go by."""
        self.now += span

    def is_live(self, label: str) -> bool:
        """Whether an invitation is pending and in time."""
        it = self.invitations[label]
        return it.status == "pending" and (it.expires_at is None or it.expires_at > self.now)

    def live(self, *, account: str | None = None, address: str | None = None) -> list[str]:
        """The live invitations of an account, for an address, or of and for all; oldest first."""
        return [
            label
            for label, it in self.invitations.items()
            if self.is_live(label) and account in (None, it.account) and address in (None, it.address)
        ]

    def seats(self, account: str) -> int:
        """Managers and live invitations together (R7)."""
        return len(self.accounts[account].members) + len(self.live(account=account))

    def accounts_of(self, address: str | None) -> list[str]:
        """The accounts that somebody manages."""
        return [label for label, account in self.accounts.items() if address in account.members]

    def has_enough(self, address: str | None) -> bool:
        """Whether somebody manages as many accounts as one person may (R5)."""
        return self.memberships_each is not None and len(self.accounts_of(address)) >= self.memberships_each

    def manages(self, account: str, address: str) -> bool:
        """Whether somebody may invite, remove, give roles and see addresses there (R6)."""
        there = self.accounts[account]
        member = there.members.get(address)
        return member is not None and member.role in (("admin",) if there.managed_by == "admins" else _MANAGING)

    def managing(self, account: str, *, but: str | None = None) -> list[str]:
        """Those who can manage the account, by policy and role, without one of them."""
        return [each for each in self.accounts[account].members if each != but and self.manages(account, each)]


_MANAGING = ("admin", "manager")
