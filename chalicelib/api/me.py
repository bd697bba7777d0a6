"""What is there for the signed-in person."""

from chalice.app import Blueprint

from chalicelib.api import shaping
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.schemas import Counts, InboxItem, Me, Page
from chalicelib.domain.errors import EmailNotVerified, LoginDeactivated, SignInNotLinked
from chalicelib.operations import list_inbox as inbox
from chalicelib.operations import view_me as me

bp = Blueprint(__name__)


@endpoint(bp, "GET", "/v1/me", tag="me", answers=Me, refusals=[LoginDeactivated, SignInNotLinked])
def view_me(call: Call) -> Answer:
    """The signed-in person, and how much there is for them."""
    person = call.person
    seen = me.view_me(person, now=call.now)
    customer = seen.customer
    return Answer(
        Me(
            id=customer.id if customer else None,
            email=customer.address if customer else person.address,
            email_verified=person.verified,
            first_name=customer.first_name if customer else person.first_name,
            last_name=customer.last_name if customer else person.last_name,
            counts=Counts(billing_accounts=seen.account_count, pending_invitations=seen.invitation_count),
        )
    )


@endpoint(
    bp,
    "GET",
    "/v1/me/invitations",
    tag="me",
    answers=Page[InboxItem],
    refusals=[EmailNotVerified, LoginDeactivated, SignInNotLinked],
)
def list_inbox(call: Call) -> Answer:
    """The live invitations for the person's verified address, newest first, all on one page."""
    found = inbox.list_inbox(call.person, now=call.now)
    return Answer(shaping.page_of([shaping.inbox_item(*each) for each in found], None))
