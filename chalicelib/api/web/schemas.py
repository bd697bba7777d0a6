"""The shapes of answers."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from chalicelib.api.web import problems
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import Language
from chalicelib.domain.permissions import Permission

T = TypeVar("T")

Moment = Annotated[
    AwareDatetime,
    PlainSerializer(problems.rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class AnswerModel(BaseModel):
    """An answer: exactly the named fields."""

    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)


class Page(AnswerModel, Generic[T]):
    """One page of a list."""

    data: list[T]
    next_cursor: str | None


class Health(AnswerModel):
    """The service answers, and in which version."""

    status: Literal["ok"]
    version: str


class Counts(AnswerModel):
    """How much of something there is for a person."""

    billing_accounts: int
    pending_invitations: int


class Me(AnswerModel):
    """The signed-in person. ``id`` is null for somebody who manages nothing yet and never did.

    ``email`` is the address of the record (of the sign-in for somebody without one), and ``email_verified`` whether
    the sign-in vouches for just that one. ``sign_in_email`` is the sign-in's verified address, null if it has none;
    where the two differ the person may take it over. ``locale`` is the language that the person chose for mails.
    """

    id: str | None
    email: str | None
    email_verified: bool
    sign_in_email: str | None
    first_name: str
    last_name: str
    locale: Language | None
    counts: Counts


class CarryingContact(AnswerModel):
    """A contact in Zuora that carries the previous address; ``follows`` says whether it gets the new one."""

    contact_id: str
    account_id: str
    roles: list[Literal["sold_to", "bill_to"]]
    follows: bool


class OwnEmail(AnswerModel):
    """The address of one's record, before and after; with ``dry_run`` as it would be."""

    email: str
    previous_email: str
    dry_run: bool
    contacts: list[CarryingContact]


class ManagerLimit(AnswerModel):
    """``used`` counts managers; ``max`` bounds managers and pending invitations together, null is no bound."""

    used: int
    max: int | None


class PendingLimit(AnswerModel):
    """Pending invitations, and how many there may be."""

    used: int
    max: int


class AccountLimits(AnswerModel):
    """The limits of an account."""

    managers: ManagerLimit
    pending_invitations: PendingLimit


class AccountAnswer(AnswerModel):
    """A billing account as its manager sees it; ``my_role`` is null for support."""

    id: str
    zuora_account_id: str
    account_number: str
    name: str
    plan: str | None
    channel: Literal["direct", "reseller"]
    status: Literal["active", "closed"]
    managed_by: Literal["managers", "admins"]
    limits: AccountLimits
    my_role: Role | None
    nudge_second_manager: bool


class Permissions(AnswerModel):
    """What the caller may do on the account."""

    permissions: list[Permission]


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


class InvitedBy(AnswerModel):
    """Who sent an invitation; ``id`` is null when support did."""

    id: str | None
    first_name: str
    last_name: str


class DeliveryAnswer(AnswerModel):
    """What is known of the newest mail."""

    state: Literal["queued", "sent", "delivered", "bounced", "complained", "failed"]
    at: Moment
    reason: str | None


class AcceptErrorAnswer(AnswerModel):
    """The last failed attempt to accept."""

    code: str
    at: Moment


class InvitationAnswer(AnswerModel):
    """An invitation as those see it who may see invitations."""

    id: str
    account_id: str
    kind: Literal["email", "link"]
    email: str | None
    role: Role
    status: Literal["pending", "accepted", "declined", "revoked", "expired"]
    created_at: Moment
    expires_at: Moment | None
    invited_by: InvitedBy
    message: str | None
    sent_count: int
    last_sent_at: Moment | None
    delivery: DeliveryAnswer | None
    last_accept_error: AcceptErrorAnswer | None
    ended_at: Moment | None
    decline_reason: str | None


class CreatedInvitation(InvitationAnswer):
    """A new invitation. ``accept_url`` is the link of a link invitation, shown here and never again; else null."""

    accept_url: str | None


class Declined(AnswerModel):
    """A declined invitation, as the invitee sees it."""

    account_name: str
    status: Literal["declined"]


class Requested(AnswerModel):
    """The managers are told that a new invitation is wanted."""

    status: Literal["requested"]


class You(AnswerModel):
    """The signed-in holder of a link, and whether the invitation is for them."""

    email_masked: str | None
    matches: bool


class PreviewAnswer(AnswerModel):
    """What the holder of a link may know before signing in."""

    account_name: str
    inviter_name: str
    kind: Literal["email", "link"]
    role: Role
    status: Literal["pending"]
    expires_at: Moment | None
    email_masked: str | None
    you: You | None


class InboxItem(AnswerModel):
    """An invitation as the invitee sees it."""

    id: str
    account_id: str
    account_name: str
    inviter_name: str
    kind: Literal["email", "link"]
    email: str | None
    role: Role
    status: Literal["pending"]
    created_at: Moment
    expires_at: Moment | None
    message: str | None


class MembershipAnswer(AnswerModel):
    """A membership as the person sees it."""

    account_id: str
    account_name: str
    customer_id: str
    role: Role
    created_at: Moment


class EventAnswer(AnswerModel):
    """An entry of the history."""

    id: str
    type: str
    at: Moment
    actor: str
    subject: str
    account_id: str | None
    data: dict[str, str | int | bool | None]


class Sync(AnswerModel):
    """How our copy of a contact stands to Zuora's."""

    state: Literal["synced", "pending", "failed", "deleted_in_zuora"]
    at: Moment
    error: str | None


class ContactAnswer(AnswerModel):
    """A contact of an account, by its Zuora id; null until Zuora has made the one that was chosen."""

    id: str | None
    account_id: str | None
    roles: list[Literal["sold_to", "bill_to"]]
    first_name: str
    last_name: str
    work_email: str
    address1: str
    address2: str
    city: str
    state: str
    postal_code: str
    country: str
    sync: Sync


class ContactPair(AnswerModel):
    """The two contacts of an account; the same one twice where it plays both parts."""

    sold_to: ContactAnswer | None
    bill_to: ContactAnswer | None


class ImportedManager(AnswerModel):
    """The first manager of an imported account."""

    id: str
    first_name: str
    last_name: str
    email: str


class ImportedAccount(AccountAnswer):
    """An imported account. Without a first manager, ``first_manager_refused`` says why."""

    contacts: ContactPair
    first_manager: ImportedManager | None
    first_manager_refused: str | None


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


class FieldProblem(BaseModel):
    """One field that is not right."""

    field: str
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457). ``code`` is stable and for programs, ``detail`` is for a person."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] | None = None
