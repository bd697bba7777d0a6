"""Serializers of contacts, assignments and what is out of sync."""

from chalicelib.api.web.contact_schemas import (
    DriftAnswer,
    EditedContact,
    OutOfStepAnswer,
    SupportContact,
)
from chalicelib.api.web.schemas import ContactAnswer, ContactPair
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole, SyncError, SyncState
from chalicelib.operations.contacts.edit_contact import Edited
from chalicelib.operations.contacts.list_contacts import Contacts, Shown
from chalicelib.store.drifts import Drift


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
