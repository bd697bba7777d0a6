"""Billing accounts: the mirror of a Zuora account, with its limits and its counters."""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import ContactRole
from chalicelib.frozen import frozen


class Channel(StrEnum):
    """Who sold to the customer."""

    DIRECT = "direct"
    RESELLER = "reseller"


class AccountStatus(StrEnum):
    """Active, or closed: a closed account takes no new managers."""

    ACTIVE = "active"
    CLOSED = "closed"


class ManagedBy(StrEnum):
    """The account's policy: who invites, removes and sees addresses (R6)."""

    MANAGERS = "managers"
    ADMINS = "admins"


@frozen
class Account:
    """A billing account.

    Five counters equal what they count, always (I2): ``manager_count`` everybody with a membership,
    ``managing_count`` those of them who can manage (admins and managers, not viewers) and whose login is on,
    ``admin_count`` the admins whose login is on, ``pending_count`` the pending invitations, ``seats_used`` memberships
    and pending invitations together. ``logins_counted`` is False for an account from the time before logins counted,
    until its memberships have been looked through once. ``max_managers`` bounds the seats, None means no bound;
    ``borrowed_seats`` of them are there only while a transfer is under way, and for nobody else (R66). The two
    addresses are those of who is Sold To and Bill To in Zuora, ``sold_to_next`` and ``bill_to_next`` of who may become
    it: chosen, or written into the contact, until Zuora has it so or refuses. A manager who has one of them, or had
    it, cannot be removed (R32). ``version`` counts the edits of support. A channel that ``channel_is_set`` by support
    stays, whatever Zuora says (R58).
    """

    id: str
    zuora_account_id: str
    account_number: str
    name: str
    plan: str | None
    channel: Channel
    status: AccountStatus
    managed_by: ManagedBy
    max_managers: int | None
    seats_used: int
    manager_count: int
    managing_count: int
    admin_count: int
    pending_count: int
    sold_to_contact_id: str | None
    bill_to_contact_id: str | None
    sold_to_address: Address | None
    bill_to_address: Address | None
    created_at: datetime
    version: int = 1
    borrowed_seats: int = 0
    logins_counted: bool = True
    channel_is_set: bool = False
    sold_to_next: frozenset[Address] = frozenset()
    bill_to_next: frozenset[Address] = frozenset()

    def address_of(self, part: ContactRole) -> Address | None:
        """The address of who plays the part in Zuora."""
        return self.sold_to_address if part is ContactRole.SOLD_TO else self.bill_to_address

    def next_of(self, part: ContactRole) -> frozenset[Address]:
        """The addresses of who may become it."""
        return self.sold_to_next if part is ContactRole.SOLD_TO else self.bill_to_next

    def contact_of(self, part: ContactRole) -> str | None:
        """The Zuora contact that plays the part."""
        return self.sold_to_contact_id if part is ContactRole.SOLD_TO else self.bill_to_contact_id

    def kept_parts(self, addresses: frozenset[Address]) -> tuple[ContactRole, ...]:
        """The parts for which whoever has these addresses is protected from removal (R32)."""
        return tuple(
            part for part in ContactRole if not addresses.isdisjoint({self.address_of(part), *self.next_of(part)})
        )

    @property
    def own_bound(self) -> int | None:
        """The bound without a borrowed seat, as the plan or support has set it."""
        return None if self.max_managers is None else self.max_managers - self.borrowed_seats

    @property
    def has_free_seat(self) -> bool:
        """Whether one more may be invited, as far as the bound goes (R7)."""
        return self.own_bound is None or self.seats_used < self.own_bound

    @property
    def is_closed(self) -> bool:
        """True once nothing may be added."""
        return self.status is AccountStatus.CLOSED
