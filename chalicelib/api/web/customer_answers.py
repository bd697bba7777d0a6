"""Answers about customers."""

from chalicelib.api.web.answers import AnswerModel, Moment
from chalicelib.domain.customers import Customer


class CustomerAnswer(AnswerModel):
    """A customer, as the support desk sees one."""

    id: str
    email: str
    first_name: str
    last_name: str
    login_activated: bool
    login_changed_by: str | None
    login_changed_at: Moment | None
    has_signed_in: bool
    membership_count: int
    created_at: Moment


def customer(customer: Customer) -> CustomerAnswer:
    """A customer for the support desk."""
    return CustomerAnswer(
        id=customer.id,
        email=customer.address,
        first_name=customer.first_name,
        last_name=customer.last_name,
        login_activated=customer.login_activated,
        login_changed_by=customer.login_changed_by,
        login_changed_at=customer.login_changed_at,
        has_signed_in=customer.identity is not None,
        membership_count=customer.membership_count,
        created_at=customer.created_at,
    )
