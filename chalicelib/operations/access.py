"""The only way to get at an account: loads it, checks the right, hides what is not the caller's (I8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import permissions
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import AccountNotFound, Forbidden
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import Actor, SignedIn, customer_actor
from chalicelib.domain.permissions import Permission
from chalicelib.operations.sign_in import customer_of
from chalicelib.store import accounts, memberships
from chalicelib.store.reading import Key


@dataclass(frozen=True, slots=True)
class Entered:
    """A manager inside an account, with everything that the check has read.

    ``also`` are the other items that the caller asked to have read in the same round trip.
    """

    customer: Customer
    account: Account
    membership: Membership
    also: tuple[Any, ...]

    @property
    def actor(self) -> Actor:
        """Who acts, for the history."""
        return customer_actor(self.customer.id)

    def require(self, permission: Permission) -> None:
        """Refuses with Forbidden when this manager does not have the permission."""
        if not self.may(permission):
            raise Forbidden

    def may(self, permission: Permission) -> bool:
        """Whether this manager has the permission on this account."""
        return permissions.may(self.account.managed_by, self.membership.role, permission)


def enter(person: SignedIn, account_id: str, permission: Permission, *also: Key[Any], now: datetime) -> Entered:
    """Lets a manager with that permission into the account; one consistent read in a warm function.

    Strangers get AccountNotFound, the same as for an account that does not exist; managers without the
    permission get Forbidden.
    """

    def keys(customer_id: str | None) -> list[Key[Any]]:
        if customer_id is None:
            return []
        return [accounts.key(account_id), memberships.key(account_id, customer_id), *also]

    customer, found = customer_of(person, keys, now=now)
    if customer is None:
        raise AccountNotFound
    account, membership, *rest = found
    if account is None or membership is None:
        raise AccountNotFound
    entered = Entered(customer, account, membership, tuple(rest))
    entered.require(permission)
    return entered
