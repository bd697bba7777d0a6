"""Lets people of the support desk in, and keeps them off their own accounts (R60)."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import OwnAccount, ReadingOnly, SupportOnly
from chalicelib.domain.people import Actor, SignedIn, admin_actor
from chalicelib.store import customers, memberships, reading


@dataclass(frozen=True, slots=True)
class SupportGroups:
    """The names of the two groups of the sign-in provider: may change things, may only read."""

    full: str
    read_only: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody of either support group, who reads."""

    person: SignedIn
    groups: SupportGroups

    def may_read(self) -> None:
        """Refuses everybody else with SupportOnly."""
        may_read(self.person, self.groups)


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody of the support desk who acts for a ticket: a caller like any manager, with rights of their own."""

    person: SignedIn
    groups: SupportGroups
    ticket_url: str

    @property
    def actor(self) -> Actor:
        """Who acts, for the history. Refuses everybody else with SupportOnly."""
        return may_change(self.person, self.groups)

    def is_oneself(self, customer: Customer) -> bool:
        """Whether that customer is the person of support, by address or by sign-in."""
        return customer.address == self.person.address or customer.identity == self.person.identity

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

    The history names people of support by address, so one without a verified address cannot act.
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
