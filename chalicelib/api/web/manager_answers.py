"""Answers about managers and memberships."""

from chalicelib.api.web.answers import AnswerModel, Moment
from chalicelib.domain import event_facts
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.people import Actor


class Manager(AnswerModel):
    """A manager. ``email`` is null for those who may not see addresses; ``added_by`` reads "Support" to customers."""

    id: str
    first_name: str
    last_name: str
    email: str | None
    role: Role
    is_sold_to: bool
    is_bill_to: bool
    added_at: Moment
    added_by: str


class MembershipAnswer(AnswerModel):
    """A membership as the person sees it."""

    account_id: str
    account_name: str
    customer_id: str
    role: Role
    created_at: Moment


def manager(membership: Membership, customer: Customer, account: Account, *, with_address: bool) -> Manager:
    """A manager as other managers see one, with their address or without; support reads "Support" (R40)."""
    added_by = event_facts.actor_for_managers(membership.added_by)
    return _manager(membership, customer, account, with_address=with_address, added_by=added_by)


def manager_for_support(membership: Membership, customer: Customer, account: Account) -> Manager:
    """A manager as support sees one: with address, and with who of support added them."""
    return _manager(membership, customer, account, with_address=True, added_by=membership.added_by)


def _manager(
    membership: Membership, customer: Customer, account: Account, *, with_address: bool, added_by: Actor
) -> Manager:
    return Manager(
        id=customer.id,
        first_name=customer.first_name,
        last_name=customer.last_name,
        email=customer.address if with_address else None,
        role=membership.role,
        is_sold_to=account.sold_to_address in customer.addresses,
        is_bill_to=account.bill_to_address in customer.addresses,
        added_at=membership.created_at,
        added_by=added_by,
    )


def membership(membership: Membership, account_name: str) -> MembershipAnswer:
    """A membership."""
    return MembershipAnswer(
        account_id=membership.account_id,
        account_name=account_name,
        customer_id=membership.customer_id,
        role=membership.role,
        created_at=membership.created_at,
    )
