"""Lets people of the support desk in, and keeps them off their own accounts (R60)."""

from dataclasses import dataclass

from chalicelib.domain.errors import SupportOnly
from chalicelib.domain.people import Actor, SignedIn, admin_actor


@dataclass(frozen=True, slots=True)
class SupportGroups:
    """The names of the two groups of the sign-in provider: may change things, may only read."""

    full: str
    read_only: str


def may_change(person: SignedIn, groups: SupportGroups) -> Actor:
    """The actor for a change by support. Refuses everybody else with SupportOnly.

    The history names people of support by address, so one without a verified address cannot act.
    """
    if groups.full not in person.groups or person.proven_address is None:
        raise SupportOnly
    return admin_actor(person.proven_address)


def may_read(person: SignedIn, groups: SupportGroups) -> None:
    """Lets both support groups read. Refuses everybody else with SupportOnly."""
    if not person.groups & {groups.full, groups.read_only}:
        raise SupportOnly
