"""Address locks: one item for each account and address: the pending invitation or the manager that uses the address.

A pending invitation or a manager holds the item ``(account, address#...)``. So there is at most one live
invitation for an address (R11), and a manager cannot be invited (R12), in any interleaving. Locking and releasing are
Steps of their own; an operation does them with the change they belong to.
"""

from pynamodb.expressions.condition import Condition

from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import AlreadyInvited, AlreadyManager, Changed
from chalicelib.domain.invitations import Invitation
from chalicelib.frozen import frozen
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import InvitationItem, Raw
from chalicelib.store.transaction import Step, delete, put, refuse_by_rule, refuse_with


@frozen
class AddressLock:
    """Who has locked an address on an account: a pending invitation or a manager, by id."""

    account_id: str
    invitation_id: str | None
    customer_id: str | None


def key(account_id: str, address: Address) -> Key[AddressLock]:
    """The key of an address on an account."""
    return Key(InvitationItem, account_id, _held(address), _load)


def refuse_locked(held: AddressLock | None) -> None:
    """Raises AlreadyManager or AlreadyInvited when the address is taken."""
    if held is None:
        return
    if held.customer_id is not None:
        raise AlreadyManager
    raise AlreadyInvited(held.account_id, invitation_id=str(held.invitation_id))


def lock_for_invitation(account_id: str, address: Address, invitation_id: str) -> Step:
    """Locks an address for a pending invitation; refused if an invitation or a manager has the lock (R11, R12)."""
    held = InvitationItem(account_id, _held(address), held_by_invitation=invitation_id)
    return put(held, condition=InvitationItem.account_id.does_not_exist(), refusal=_refused)


def lock_for_manager(account_id: str, address: Address, customer_id: str, *, instead_of: str | None) -> Step:
    """Locks an address for a manager: a free one, or the one that their own invitation has locked."""
    condition: Condition = InvitationItem.account_id.does_not_exist()
    if instead_of is not None:
        condition |= InvitationItem.held_by_invitation == instead_of
    held = InvitationItem(account_id, _held(address), held_by_customer=customer_id)
    return put(held, condition=condition, refusal=_refused)


def release_invitation(invitation: Invitation) -> Step | None:
    """Releases the address of an invitation that ends; None for a link invitation."""
    if invitation.address is None:
        return None
    return delete(
        InvitationItem(invitation.account_id, _held(invitation.address)),
        condition=InvitationItem.held_by_invitation == invitation.id,
        refusal=refuse_with(Changed()),
    )


def release_manager(account_id: str, address: Address, customer_id: str) -> Step:
    """Releases the address of a manager who leaves."""
    return delete(
        InvitationItem(account_id, _held(address)),
        condition=InvitationItem.held_by_customer == customer_id,
        refusal=refuse_with(Changed()),
    )


def _held(address: Address) -> str:
    return f"address#{address}"


def _load(raw: Raw) -> AddressLock:
    it = item(InvitationItem, raw)
    return AddressLock(it.account_id, it.held_by_invitation, it.held_by_customer)


_refused = refuse_by_rule(_load, refuse_locked, missing=Changed())
