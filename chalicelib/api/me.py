"""What is there for the signed-in person."""

from http import HTTPStatus

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api import shaping
from chalicelib.api.fields import PageQuery, Reason, RequestModel
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.lists import listed
from chalicelib.api.schemas import Counts, Declined, InboxItem, Me, MembershipAnswer, Page
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AlreadyManager,
    EmailNotVerified,
    InvitationDeclined,
    InvitationExpired,
    InvitationNotFound,
    InvitationRevoked,
    InvitationUsed,
    LoginDeactivated,
    MembershipLimitReached,
    SignInNotLinked,
)
from chalicelib.operations import accept_own_invitation as accepting
from chalicelib.operations import decline_invitation as declining
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
    query=PageQuery,
    answers=Page[InboxItem],
    refusals=[EmailNotVerified, LoginDeactivated, SignInNotLinked],
)
def list_inbox(call: Call, query: PageQuery) -> Answer:
    """The live invitations for the person's verified address, newest first."""
    return listed(
        f"{call.person.identity} inbox",
        query,
        lambda part: inbox.list_inbox(call.person, part, now=call.now),
        lambda pair: shaping.inbox_item(*pair),
        lambda pair: pair[0].id,
    )


class DeclineOwn(RequestModel):
    """Why, if the person likes to say."""

    reason: Reason | None = None


@endpoint(
    bp,
    "POST",
    "/v1/me/invitations/{invitation_id}/accept",
    tag="me",
    answers=MembershipAnswer,
    status=HTTPStatus.CREATED,
    more_statuses=[HTTPStatus.OK],
    refusals=[
        EmailNotVerified, LoginDeactivated, SignInNotLinked, InvitationNotFound, InvitationExpired, InvitationRevoked,
        InvitationDeclined, InvitationUsed, AlreadyManager, AccountFull, AccountClosed, MembershipLimitReached,
    ],
)  # fmt: skip
def accept_own_invitation(call: Call, invitation_id: str) -> Answer:
    """Accepts an invitation to the person's verified address, without its link; 200 when repeated."""
    accepted = accepting.accept_own(call.person, invitation_id, limits=settings.current().limits, now=call.now)
    status = HTTPStatus.OK if accepted.repeated else HTTPStatus.CREATED
    return Answer(shaping.membership(accepted.membership, accepted.account_name), status)


@endpoint(
    bp,
    "POST",
    "/v1/me/invitations/{invitation_id}/decline",
    tag="me",
    body=DeclineOwn,
    body_may_be_left_out=True,
    answers=Declined,
    refusals=[
        EmailNotVerified,
        LoginDeactivated,
        SignInNotLinked,
        InvitationNotFound,
        InvitationUsed,
        InvitationRevoked,
    ],
)
def decline_own_invitation(call: Call, invitation_id: str, body: DeclineOwn) -> Answer:
    """Declines an invitation to the person's verified address; a second time changes nothing."""
    _, account = declining.decline_own(call.person, invitation_id, reason=body.reason, now=call.now)
    return Answer(Declined(account_name=account.name, status="declined"))
