"""Customers, as the support desk sees them."""

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api import shaping
from chalicelib.api.fields import RequestModel, TicketUrl
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.schemas import CustomerAnswer
from chalicelib.domain.errors import CustomerNotFound, DeliberatelyDeactivated, OwnAccount, SupportOnly
from chalicelib.operations import switch_login as logins
from chalicelib.operations.support import SupportGroups

bp = Blueprint(__name__)
_PATH = "/v1/support/customers/{customer_id}"


class EditCustomer(RequestModel):
    """What is to be different, and the ticket that asks for it."""

    login_activated: bool
    confirm_reactivation: bool = False
    ticket_url: TicketUrl


@endpoint(
    bp,
    "PATCH",
    _PATH,
    tag="support",
    body=EditCustomer,
    answers=CustomerAnswer,
    refusals=[SupportOnly, OwnAccount, CustomerNotFound, DeliberatelyDeactivated],
)
def edit_customer(call: Call, customer_id: str, body: EditCustomer) -> Answer:
    """Switches a login off (which ends the invitations that the person sent) or on again."""
    current = settings.current()
    customer = logins.switch_login(
        call.person,
        customer_id,
        on=body.login_activated,
        confirmed=body.confirm_reactivation,
        ticket_url=body.ticket_url,
        groups=SupportGroups(current.support_group, current.support_readonly_group),
        now=call.now,
    )
    return Answer(shaping.customer(customer))
