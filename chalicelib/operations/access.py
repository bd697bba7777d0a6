"""The only way to get at an account: loads it, checks the right, hides what is not the caller's (I8).

A caller is a manager of the account, or somebody of the support desk with a ticket (``Desk``). Operations that both
may carry out take a ``Caller`` and ask the ``Entered`` what they need to know of it.
"""

from datetime import datetime
from typing import Any

from chalicelib.domain import permissions
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import AccountNotFound, Forbidden, OwnAccount
from chalicelib.domain.events import Fact
from chalicelib.domain.invitations import Inviter
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.people import Actor, SignedIn, customer_actor
from chalicelib.domain.permissions import Permission
from chalicelib.domain.quotas import of_change
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.sign_in import customer_of
from chalicelib.operations.support import Desk
from chalicelib.store import accounts, address_locks, customers, memberships, quotas, reading
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step

Caller = SignedIn | Desk


@frozen
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

    @property
    def role(self) -> Role | None:
        """The role whose rights must still hold when the change is written."""
        return self.membership.role

    @property
    def inviter(self) -> Inviter | None:
        """How this manager is named on the invitations that they send."""
        return Inviter(self.customer.id, self.customer.first_name, self.customer.last_name)

    @property
    def agents(self) -> frozenset[str]:
        """Who of support is responsible for an invitation of this caller: nobody."""
        return frozenset()

    @property
    def facts(self) -> dict[str, Fact]:
        """Extra facts added to every event of this caller."""
        return {}

    def is_customer(self, customer_id: str) -> bool:
        """Whether that is this manager."""
        return customer_id == self.customer.id

    def require(self, permission: Permission) -> None:
        """Refuses with Forbidden when this manager does not have the permission."""
        if not self.may(permission):
            raise Forbidden

    def may(self, permission: Permission) -> bool:
        """Whether this manager has the permission on this account."""
        account = self.account
        return permissions.may(account.managed_by, self.membership.role, permission, account.channel)

    def may_give(self, role: Role) -> bool:
        """Whether this manager may hand out that role, or take it away."""
        return permissions.may_give(self.membership.role, role)

    def still(self) -> Step | None:
        """Holds the manager to the role that was checked."""
        return memberships.still(self.membership)

    def changes(self, context: Context) -> Step | None:
        """Counts a change of which people are told because it is about their rights (R24)."""
        change = of_change(manager_id=self.customer.id, limits=context.limits, now=context.now)
        return quotas.used(change, now=context.now)

    def sent(self, invitation_id: str) -> Step | None:
        """Notes an invitation at its sender, who must still have the role that was checked."""
        return memberships.sent(self.membership, invitation_id)


@frozen
class AtDesk:
    """A support agent inside an account: may do everything, is no manager, and has a ticket."""

    account: Account
    actor: Actor
    ticket_url: str
    also: tuple[Any, ...]
    identity: str | None = None

    @property
    def role(self) -> Role | None:
        """Support has no role that could be lost."""
        return None

    @property
    def inviter(self) -> Inviter | None:
        """Support's invitations have no sender among the managers."""
        return None

    @property
    def agents(self) -> frozenset[str]:
        """Who of support is responsible for an invitation: this agent, by address and by sign-in (R67)."""
        return frozenset({str(self.actor), *([self.identity] if self.identity else [])})

    @property
    def facts(self) -> dict[str, Fact]:
        """Every event of the desk has the ticket."""
        return {"ticket_url": self.ticket_url}

    def is_customer(self, _customer_id: str) -> bool:
        """Nobody of support acts on themselves; ``enter_as`` has seen to it."""
        return False

    def require(self, permission: Permission) -> None:
        """Support has every permission."""

    def may(self, _permission: Permission) -> bool:
        """Support has every permission."""
        return True

    def may_give(self, _role: Role) -> bool:
        """Support may hand out every role."""
        return True

    def still(self) -> Step | None:
        """The right comes from the sign-in's group; there is nothing to hold."""
        return None

    def changes(self, _context: Context) -> Step | None:
        """Support's changes have a ticket each and are not counted."""
        return None

    def sent(self, _invitation_id: str) -> Step | None:
        """Support keeps no list of what it sent."""
        return None


Inside = Entered | AtDesk


def enter_as(caller: Caller, account_id: str, permission: Permission, *also: Key[Any], now: datetime) -> Inside:
    """Lets a manager with that permission, or the support desk, into the account; one consistent read when warm.

    Refuses managers as ``enter`` does, and support agents with SupportOnly, AccountNotFound or OwnAccount.
    """
    if isinstance(caller, Desk):
        return _at_desk(caller, account_id, also)
    return enter(caller, account_id, permission, *also, now=now)


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


def _at_desk(desk: Desk, account_id: str, also: tuple[Key[Any], ...]) -> AtDesk:
    """One read; agents who are also customers need a second one, to see that they do not manage the account."""
    actor, person = desk.actor, desk.person
    keys: list[Key[Any]] = [accounts.key(account_id), customers.by_identity(person.identity)]
    keys.append(address_locks.key(account_id, person.proven_address or Address("")))
    account, own_id, held, *rest = reading.many([*keys, *also])
    if account is None:
        raise AccountNotFound
    if held is not None and held.customer_id is not None:
        raise OwnAccount
    if own_id is not None and reading.one(memberships.key(account_id, own_id)) is not None:
        raise OwnAccount
    return AtDesk(account, actor, desk.ticket_url, tuple(rest), person.identity)
