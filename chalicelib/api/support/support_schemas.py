"""The shapes of the support desk's answers."""

from typing import Literal

from chalicelib.api.web.account_answers import AccountAnswer
from chalicelib.api.web.answers import AnswerModel, Moment
from chalicelib.api.web.contact_answers import ContactAnswer, ContactPair
from chalicelib.api.web.customer_answers import CustomerAnswer
from chalicelib.api.web.event_answers import EventAnswer
from chalicelib.api.web.manager_answers import Manager
from chalicelib.domain.memberships import Role

PartName = Literal["sold_to", "bill_to"]


class SupportManager(Manager):
    """A manager, and whether their login is on."""

    login_activated: bool


class GrantedManager(SupportManager):
    """A new manager. ``new_customer`` says that the person had no record; ``notes`` what to think of next."""

    account_id: str
    new_customer: bool
    notes: list[str]


class RemovalAnswer(AnswerModel):
    """What a removal would do: the person stays a contact in these parts, because Zuora's contacts are left alone."""

    customer_id: str
    email: str
    login_activated: bool
    role: Role
    stays_contact: list[PartName]
    leaves_nobody: bool
    ended_invitations: int
    notes: list[str]


class SupportAccount(AccountAnswer):
    """An account as support sees it; ``transfer_id`` is of the transfer that is under way."""

    transfer_id: str | None
    version: int
    created_at: Moment
    contacts: ContactPair


class Place(AnswerModel):
    """An account that a customer manages."""

    account_id: str
    account_name: str
    zuora_account_id: str
    role: Role
    is_sold_to: bool
    is_bill_to: bool
    since: Moment


class MailState(AnswerModel):
    """What became of the newest mail to a person, since when, and why if it did not arrive."""

    state: Literal["sent", "delivered", "bounced", "complained", "failed"]
    at: Moment
    reason: str | None


class SupportCustomer(CustomerAnswer):
    """A customer with the accounts that they manage, and what became of the newest mail to them (invitations apart)."""

    version: int
    mail: MailState | None
    billing_accounts: list[Place]


class FieldChange(AnswerModel):
    """One field of a contact, before and after."""

    field: str
    before: str
    after: str


class ContactChange(AnswerModel):
    """A Zuora contact that follows the edit of a customer."""

    contact_id: str
    account_id: str
    roles: list[PartName]
    changes: list[FieldChange]


class EditedCustomer(CustomerAnswer):
    """A customer after an edit, or with ``dry_run`` as they would be.

    ``contacts`` are the Zuora contacts that follow, ``sold_to_replaced`` the accounts whose Sold To this person
    becomes, ``no_contact`` those of their accounts where no contact carries the previous address.
    """

    version: int
    dry_run: bool
    contacts: list[ContactChange]
    sold_to_replaced: list[str]
    no_contact: list[str]
    notes: list[str]


class SignInLink(AnswerModel):
    """A sign-in link; shown here and never again."""

    url: str
    expires_at: Moment


class FoundContact(ContactAnswer):
    """A contact in a list, with the name of its account."""

    account_name: str | None


class TransferStep(AnswerModel):
    """One step of a transfer; ``at`` is when it was done."""

    name: Literal["new_manager", "sold_to_requested", "sold_to_synced", "old_manager_removed"]
    state: Literal["done", "current", "open"]
    at: Moment | None


class TransferAnswer(AnswerModel):
    """A transfer of ownership, step by step."""

    id: str
    account_id: str
    state: Literal[
        "started", "invited", "joined", "sold_to_requested", "sold_to_synced", "completed", "failed", "cancelled"
    ]
    from_customer_id: str
    to_customer_id: str | None
    invitation_id: str | None
    steps: list[TransferStep]
    waits_for: str | None
    error: str | None
    cancellable: bool
    started_by: str
    started_at: Moment
    ended_at: Moment | None
    ticket_url: str


class SuppressionAnswer(AnswerModel):
    """Whether mails to exactly this address are held back: they came back (`bounced`) or were complained of.

    `last_lifted` is the last time that support had it mailed again: by whom, when, and for which ticket.
    """

    email: str
    suppressed: bool
    reason: str | None
    until: Moment | None
    last_lifted: EventAnswer | None


class Erased(AnswerModel):
    """A person who is known by an id only from now on."""

    customer_id: str
    erased_at: Moment
    ended_memberships: int
    scrubbed_invitations: int
    removed_contacts: list[str]
    left_in_zuora: list[str]


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
