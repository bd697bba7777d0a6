"""The signed-in person's own record, inbox and invitations."""

from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint
from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.portal import me_answers
from chalicelib.api.portal.me_answers import Me, OwnEmail
from chalicelib.api.web import invitation_answers, manager_answers
from chalicelib.api.web.answers import Page
from chalicelib.api.web.fields import PageQuery, PersonName, Reason, RequestModel
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.invitation_answers import Declined, InboxItem
from chalicelib.api.web.lists import listed
from chalicelib.api.web.manager_answers import MembershipAnswer
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AlreadyManager,
    EmailNotVerified,
    EmailUnchanged,
    InvitationDeclined,
    InvitationExpired,
    InvitationNotFound,
    InvitationRevoked,
    InvitationUsed,
    MadeBySupport,
    MembershipLimitReached,
    NoOwnRecord,
    OwnEmailTaken,
    RateLimited,
    TooManyAccounts,
)
from chalicelib.domain.people import Language
from chalicelib.operations.customers import change_own_email as changing
from chalicelib.operations.customers import edit_me as editing
from chalicelib.operations.customers import view_me as me
from chalicelib.operations.invitations import accept_own_invitation as accepting
from chalicelib.operations.invitations import decline_invitation as declining
from chalicelib.operations.invitations import list_inbox as inbox

bp = Blueprint(__name__)


@endpoint(bp, "GET", "/v1/me", tag="me", answers=Me)
def view_me(request: Request) -> Response:
    """The signed-in person, and how much there is for them."""
    return Response(me_answers.me(request.person, me.view_me(request.person, now=request.now)))


def _without_default(schema: dict[str, JsonValue]) -> None:
    schema.pop("default", None)


_UNCHANGED: Any = Field(default=None, json_schema_extra=_without_default)  # what is left out; null is none of these


class EditMe(RequestModel):
    """The changes to one's own record, at least one; what is left out stays."""

    first_name: PersonName = _UNCHANGED
    last_name: PersonName = _UNCHANGED
    locale: Language = _UNCHANGED

    @model_validator(mode="after")
    def _something(self) -> "EditMe":
        if not self.model_fields_set:
            raise PydanticCustomError("missing", "something that is to be different is needed")
        return self


@endpoint(
    bp,
    "PATCH",
    "/v1/me",
    tag="me",
    answers=Me,
    refusals=[NoOwnRecord],
)
def edit_me(request: Request, body: EditMe) -> Response:
    """Changes one's own names, and the language of the mails that one gets; Zuora's contacts stay as they are."""
    edit = editing.OwnEdit(body.first_name, body.last_name, body.locale)
    return Response(me_answers.me(request.person, editing.edit_me(request.person, edit, now=request.now)))


class TakeOverEmail(RequestModel):
    """Whether the Zuora contacts that carry the old address follow; ``dry_run`` only says what would happen."""

    update_contacts: bool = False
    dry_run: bool = False


@endpoint(
    bp,
    "POST",
    "/v1/me/email",
    tag="me",
    body_optional=True,
    answers=OwnEmail,
    refusals=[
        EmailNotVerified, NoOwnRecord, EmailUnchanged, OwnEmailTaken,
        TooManyAccounts, RateLimited,
    ],
)  # fmt: skip
def change_own_email(request: Request, body: TakeOverEmail) -> Response:
    """Gives one's record the verified address of one's sign-in; both addresses are told by mail.

    The answer names the Sold To and Bill To contacts of one's accounts that carry the old address. They stay as they
    are in Zuora unless `update_contacts` asks for it.
    """
    how = changing.TakeOver(body.update_contacts, body.dry_run)
    edited = changing.change_own_email(request.person, how, context=request.context)
    return Response(me_answers.own_email(edited, follows=body.update_contacts, dry_run=body.dry_run))


@endpoint(
    bp,
    "GET",
    "/v1/me/invitations",
    tag="me",
    answers=Page[InboxItem],
    refusals=[EmailNotVerified],
)
def list_inbox(request: Request, query: PageQuery) -> Response:
    """The live invitations for the person's verified address, newest first; one to an account they manage ends."""
    return listed(
        f"{request.person.identity} inbox",
        query,
        lambda part: inbox.list_inbox(request.person, part, now=request.now),
        lambda pair: invitation_answers.inbox_item(*pair),
    )


class DeclineOwn(RequestModel):
    """Optionally a reason."""

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
        EmailNotVerified, InvitationNotFound, InvitationExpired, InvitationRevoked,
        InvitationDeclined, InvitationUsed, AlreadyManager, AccountFull, AccountClosed, MembershipLimitReached,
        MadeBySupport,
    ],
)  # fmt: skip
def accept_own_invitation(request: Request, invitation_id: str) -> Response:
    """Accepts an invitation to the person's verified address, without its link; 200 when repeated."""
    accepted = accepting.accept_own(request.person, invitation_id, context=request.context)
    status = HTTPStatus.OK if accepted.repeated else HTTPStatus.CREATED
    return Response(manager_answers.membership(accepted.membership, accepted.account_name), status)


@endpoint(
    bp,
    "POST",
    "/v1/me/invitations/{invitation_id}/decline",
    tag="me",
    body_optional=True,
    answers=Declined,
    refusals=[
        EmailNotVerified,
        InvitationNotFound,
        InvitationUsed,
        InvitationRevoked,
    ],
)
def decline_own_invitation(request: Request, invitation_id: str, body: DeclineOwn) -> Response:
    """Declines an invitation to the person's verified address; a second time changes nothing."""
    _, account = declining.decline_own(request.person, invitation_id, reason=body.reason, now=request.now)
    return Response(Declined(account_name=account.name, status="declined"))
