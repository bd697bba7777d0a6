"""Who acts in the races, and the results."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import DomainError
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.people import SignedIn
from chalicelib.domain.zuora_lists import Page, ZuoraSubscription
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.operations.invitations.accept_invitation import InvitationRef
from chalicelib.operations.support import SupportGroups
from chalicelib.store import identities

GROUPS = SupportGroups("billing-support", "billing-support-readonly")


@dataclass(frozen=True, slots=True)
class RaceAccount:
    """An account, its first manager (an admin) and the others."""

    id: str
    owner: SignedIn
    managers: tuple[SignedIn, ...] = ()


class OneAccountZuora:
    """A Zuora that knows one account, whose Sold To is the owner."""

    def __init__(self, owner: SignedIn, plan: str) -> None:
        self._owner, self._plan = owner, plan

    def account(self, key: str) -> ZuoraAccount:
        """The account, under whatever id it is asked for."""
        address = str(self._owner.address)
        sold_to = ZuoraContact(f"contact-of-{key}", key, "Olga", "Owner", address, "", "", "", "", "", "Germany")
        custom = {"Plan__c": self._plan}
        return ZuoraAccount(key, f"A-{key}", "Acme Ltd", "Active", "USD", custom, sold_to, sold_to)

    def subscriptions(self, _key: str, *, page: int, page_size: int) -> Page[ZuoraSubscription]:
        """None: nobody else pays for the account."""
        assert (page, page_size > 0) == (1, True)
        return Page((), None)


def person(address: str, *, sign_in: str = "") -> SignedIn:
    """Somebody with a sign-in and a verified address; ``sign_in`` tells two sign-ins of one address apart."""
    identity = hashlib.sha256(f"{address} {sign_in}".encode()).hexdigest()
    return SignedIn(identity, Address(address), True, address.partition("@")[0].title(), "Tester", frozenset())  # noqa: FBT003 -- verified


SUE = replace(person("sue@support.example"), groups=frozenset({GROUPS.full}))


def id_of(who: SignedIn) -> str:
    """The customer id of somebody who has acted before."""
    known = identities.remembered(who.identity)
    assert known is not None, f"{who.address} has never acted"
    return known


def claim_of(invitation: Invitation) -> InvitationRef:
    """What the newest link of an invitation says."""
    return InvitationRef(invitation.account_id, invitation.id, invitation.generation)


def refusals(outcomes: Sequence[Any]) -> list[str]:
    """The codes of those who were refused, sorted."""
    return sorted(each.code for each in outcomes if isinstance(each, DomainError))


def successes(outcomes: Sequence[Any]) -> list[Any]:
    """What those got who were not."""
    return [each for each in outcomes if not isinstance(each, DomainError)]
