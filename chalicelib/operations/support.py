"""Checks the rights of support agents, and refuses them on their own accounts and addresses (R60, R67)."""

from collections.abc import Iterable

from chalicelib.domain.addresses import Address, mailbox
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import HouseAddress, OwnAccount, OwnAddress, OwnRecord, ReadingOnly, SupportOnly
from chalicelib.domain.people import Actor, SignedIn, admin_actor
from chalicelib.frozen import frozen
from chalicelib.store import customers, memberships, reading


@frozen
class SupportGroups:
    """The names of the two groups of the sign-in provider: may change things, may only read."""

    full: str
    read_only: str

    @property
    def both(self) -> frozenset[str]:
        """The names of both."""
        return frozenset({self.full, self.read_only})


@frozen
class House:
    """What keeps our own people from customers' access (R67).

    ``domains`` are the mail domains of the house, subdomains included. ``two_agents`` says that unlinking a sign-in
    and changing the address of the same customer takes two people.
    """

    domains: frozenset[str] = frozenset()
    two_agents: bool = True

    def has(self, address: Address) -> bool:
        """Whether that is an address of the house."""
        domain = address.rpartition("@")[2]
        return any(domain == each or domain.endswith(f".{each}") for each in self.domains)


@frozen
class Reader:
    """Somebody of either support group, who reads."""

    person: SignedIn
    groups: SupportGroups

    def may_read(self) -> None:
        """Refuses everybody else with SupportOnly."""
        may_read(self.person, self.groups)


@frozen
class Desk:
    """Somebody of the support desk who acts for a ticket: a caller like any manager, with rights of their own."""

    person: SignedIn
    groups: SupportGroups
    ticket_url: str
    house: House = House()

    @property
    def actor(self) -> Actor:
        """Who acts, for the history. Refuses everybody else with SupportOnly."""
        return may_change(self.person, self.groups)

    def is_oneself(self, customer: Customer) -> bool:
        """Whether that customer is the person of support: by sign-in, or by a mailbox that they have or had."""
        addresses = {customer.address, *customer.other_addresses}
        return customer.identity == self.person.identity or any(map(self._is_own, addresses))

    def keep_off_oneself(self, customer: Customer) -> None:
        """Refuses with OwnRecord when that customer is the person of support."""
        if self.is_oneself(customer):
            raise OwnRecord

    def may_give_to(self, address: Address) -> None:
        """Lets customers have that address, and it have an account: refuses with OwnAddress and HouseAddress (R67)."""
        if self._is_own(address):
            raise OwnAddress
        if self.house.has(address):
            raise HouseAddress

    def _is_own(self, address: Address) -> bool:
        own = self.person.address
        return own is not None and mailbox(address) == mailbox(own)

    def keep_off(self, account_ids: Iterable[str]) -> None:
        """Refuses with OwnAccount when the person manages one of these accounts; one read for who manages none.

        For changes to a person (they reach into every account that the person manages) and to contacts.
        """
        keys = [customers.by_identity(self.person.identity)]
        if self.person.address is not None:
            keys.append(customers.by_address(self.person.address))
        own = {each for each in reading.many(keys) if each is not None}
        on_these = [memberships.key(account_id, each) for account_id in account_ids for each in sorted(own)]
        if on_these and any(reading.many(on_these)):
            raise OwnAccount


def may_change(person: SignedIn, groups: SupportGroups) -> Actor:
    """The actor for a change by support. Refuses everybody else with SupportOnly, or ReadingOnly.

    The history names support agents by address, so one without a verified address cannot act.
    """
    if groups.full not in person.groups and groups.read_only in person.groups:
        raise ReadingOnly
    if groups.full not in person.groups or person.proven_address is None:
        raise SupportOnly
    return admin_actor(person.proven_address)


def may_read(person: SignedIn, groups: SupportGroups) -> None:
    """Lets both support groups read. Refuses everybody else with SupportOnly."""
    if not person.groups & {groups.full, groups.read_only}:
        raise SupportOnly
