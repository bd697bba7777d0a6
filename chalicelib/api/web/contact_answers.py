"""Answers about contacts, assignments and what is out of sync."""

from typing import Literal

from chalicelib.api.web.answers import AnswerModel, Moment
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole, SyncError, SyncState
from chalicelib.operations.contacts.edit_contact import Edited
from chalicelib.operations.contacts.list_contacts import Contacts, Shown
from chalicelib.store.drifts import Drift


class Sync(AnswerModel):
    """Whether our copy of a contact is in step with Zuora's."""

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


class SupportContact(ContactAnswer):
    """A contact with its version, which is also the ETag; send it as If-Match to edit what you have read."""

    version: int


class EditedContact(SupportContact):
    """A contact after an edit, or with ``dry_run`` as it would be.

    ``touches`` says whether the edit touches the Sold To, the Bill To or both; ``before`` holds the earlier values
    of the fields that changed.
    """

    touches: list[Literal["sold_to", "bill_to"]]
    changed: list[str]
    before: dict[str, str]
    dry_run: bool


class SyncErrorAnswer(AnswerModel):
    """Why Zuora refused: its code and its reason."""

    code: str
    reason: str


class OutOfStepAnswer(AnswerModel):
    """A contact that Zuora does not have as it is here, or a choice of one that is not in place."""

    kind: Literal["contact", "choice"]
    account_id: str | None
    contact_id: str | None
    role: Literal["sold_to", "bill_to"] | None
    state: Literal["pending", "failed", "deleted_in_zuora"]
    at: Moment
    error: SyncErrorAnswer | None


class DriftAnswer(AnswerModel):
    """A difference between Zuora and our copy; ``fields`` names what differs."""

    kind: Literal["contact_differs", "contact_missing", "parts_differ", "account_differs", "account_missing"]
    account_id: str
    contact_id: str | None
    fields: list[str]
    found_at: Moment


def contact(contact: Contact | None, account: Account | None) -> ContactAnswer | None:
    """A contact with the parts that it plays on the account."""
    return ContactAnswer.model_validate(_contact_fields(contact, account)) if contact is not None else None


def pair(shown: Contacts) -> ContactPair:
    """Sold To and Bill To, as they are, or as they have been chosen."""
    both = {part: _either(each, shown.account) for part, each in shown.by_part.items()}
    return ContactPair(sold_to=both[ContactRole.SOLD_TO], bill_to=both[ContactRole.BILL_TO])


def assignment(assignment: ContactAssignment) -> ContactAnswer:
    """An assignment as the contact that it is to become."""
    state = SyncState.FAILED if assignment.error else SyncState.PENDING
    return ContactAnswer.model_validate(
        {
            "id": assignment.contact_id,
            "account_id": assignment.account_id,
            "roles": [assignment.part.value],
            **assignment.fields,
            "sync": {"state": state.value, "at": assignment.chosen_at, "error": _said(assignment.error)},
        }
    )


def support_contact(contact: Contact, account: Account | None) -> SupportContact:
    """A contact for the support desk."""
    return SupportContact.model_validate(_support_fields(contact, account))


def edited(edited: Edited, *, dry_run: bool) -> EditedContact:
    """A contact after an edit, or as it would be."""
    more = {
        "touches": [part.value for part in edited.parts],
        "changed": list(edited.changed),
        "before": {name: edited.before[name] for name in edited.changed},
        "dry_run": dry_run,
    }
    return EditedContact.model_validate({**_support_fields(edited.contact, edited.account), **more})


def out_of_step(each: Contact | ContactAssignment) -> OutOfStepAnswer:
    """A contact or an assignment that Zuora does not have."""
    assigned = isinstance(each, ContactAssignment)
    state = (
        (SyncState.FAILED if each.error else SyncState.PENDING)
        if isinstance(each, ContactAssignment)
        else each.sync_state
    )
    error = each.error if isinstance(each, ContactAssignment) else each.sync_error
    return OutOfStepAnswer.model_validate(
        {
            "kind": "choice" if assigned else "contact",
            "account_id": each.account_id,
            "contact_id": each.contact_id if isinstance(each, ContactAssignment) else each.id,
            "role": each.part.value if isinstance(each, ContactAssignment) else None,
            "state": state.value,
            "at": each.chosen_at if isinstance(each, ContactAssignment) else each.sync_at,
            "error": {"code": error.code, "reason": error.reason} if error else None,
        }
    )


def drift(each: Drift) -> DriftAnswer:
    """Where we and Zuora differ."""
    return DriftAnswer(
        kind=each.kind.value,
        account_id=each.account_id,
        contact_id=each.contact_id,
        fields=list(each.fields),
        found_at=each.found_at,
    )


def _either(shown: Shown | None, account: Account) -> ContactAnswer | None:
    if isinstance(shown, ContactAssignment):
        return assignment(shown)
    return contact(shown, account)


def _support_fields(contact: Contact, account: Account | None) -> dict[str, object]:
    return {**_contact_fields(contact, account), "version": contact.version}


def _contact_fields(contact: Contact, account: Account | None) -> dict[str, object]:
    parts = {"sold_to": account.sold_to_contact_id, "bill_to": account.bill_to_contact_id} if account else {}
    return {
        "id": contact.id,
        "account_id": contact.account_id,
        "roles": [part for part, contact_id in parts.items() if contact_id == contact.id],
        **contact.fields,
        "sync": {"state": contact.sync_state.value, "at": contact.sync_at, "error": _said(contact.sync_error)},
    }


def _said(error: SyncError | None) -> str | None:
    return f"{error.code}: {error.reason}" if error else None
