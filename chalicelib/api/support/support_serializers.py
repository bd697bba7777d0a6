"""How the things of the domain become answers of the support desk."""

from collections.abc import Iterator

from chalicelib.api.support.support_schemas import (
    ContactChange,
    EditedCustomer,
    FieldChange,
    FoundContact,
    GrantedManager,
    MailState,
    PartName,
    Place,
    RemovalAnswer,
    SupportAccount,
    SupportCustomer,
    SupportManager,
    TransferAnswer,
    TransferStep,
)
from chalicelib.api.web import account_answers, contact_answers, customer_answers, manager_answers
from chalicelib.api.web.contact_answers import ContactPair
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactRole
from chalicelib.domain.customers import Customer, PersonalMail
from chalicelib.domain.memberships import Membership
from chalicelib.domain.transfers import STEPS, WAITS_FOR, Transfer
from chalicelib.operations.accounts.support_views import AccountView, CustomerView
from chalicelib.operations.customers.edit_customer import Edited
from chalicelib.operations.customers.follow_customer import ContactEdit
from chalicelib.operations.managers.grant_membership import GrantResult
from chalicelib.operations.managers.remove_membership import Removal

_PARTS = {"sold_to": "Sold To", "bill_to": "Bill To"}


def manager(membership: Membership, customer: Customer, account: Account) -> SupportManager:
    """A manager with everything that support may know."""
    seen = manager_answers.manager_for_support(membership, customer, account)
    return SupportManager(**seen.model_dump(), login_activated=customer.login_activated)


def granted(granted: GrantResult) -> GrantedManager:
    """A new manager, with what the desk should know of it."""
    seen = manager(granted.membership, granted.customer, granted.account)
    notes = []
    if not granted.customer.login_activated:
        notes.append("The login of this person is off; look into their history before you switch it on.")
    if granted.is_new:
        notes.append("This person had no record yet; the first sign-in with this verified address opens the account.")
    if not seen.is_sold_to:
        notes.append("The Sold To contact in Zuora is as it was; use a transfer to change it.")
    return GrantedManager(**seen.model_dump(), account_id=granted.account.id, new_customer=granted.is_new, notes=notes)


def removal(removal: Removal) -> RemovalAnswer:
    """What a removal would do."""
    notes = [
        f"The person stays the {_PARTS[part]} contact of the account in Zuora until another one is chosen."
        for part in removal.parts
    ]
    if removal.leaves_nobody:
        notes.append("Nobody would be left who can manage the account. Make sure that this is what is wanted.")
    return RemovalAnswer(
        customer_id=removal.manager.id,
        email=removal.manager.address,
        login_activated=removal.manager.login_activated,
        role=removal.membership.role,
        stays_contact=[part.value for part in removal.parts],
        leaves_nobody=removal.leaves_nobody,
        ended_invitations=removal.ended_invitations,
        notes=notes,
    )


def account(view: AccountView, *, most_pending: int) -> SupportAccount:
    """An account with its contacts."""
    whole = view.account
    pair = ContactPair(
        sold_to=contact_answers.contact(view.sold_to, whole),
        bill_to=contact_answers.contact(view.bill_to, whole),
    )
    fields = account_answers.account_fields(whole, None, most_pending=most_pending)
    return SupportAccount.model_validate(
        {
            **fields,
            "version": whole.version,
            "created_at": whole.created_at,
            "contacts": pair,
            "transfer_id": view.transfer_id,
        }
    )


def customer(view: CustomerView) -> SupportCustomer:
    """A customer with the accounts that they manage."""
    seen = customer_answers.customer(view.customer)
    places = [_place(view.customer, member, place) for member, place in view.places]
    mail = _mail(view.customer.mail) if view.customer.mail else None
    return SupportCustomer(**seen.model_dump(), version=view.customer.version, mail=mail, billing_accounts=places)


def _mail(mail: PersonalMail) -> MailState:
    known = mail.delivery
    return MailState.model_validate({"state": known.state.value, "at": known.at, "reason": known.reason})


def edited(edited: Edited, *, dry_run: bool) -> EditedCustomer:
    """A customer after an edit, with the contacts that follow."""
    seen = customer_answers.customer(edited.after)
    return EditedCustomer(
        **seen.model_dump(),
        version=edited.after.version,
        dry_run=dry_run,
        contacts=[_change(place.account.id, each) for place in edited.places for each in place.edits if each.changes],
        sold_to_replaced=[place.account.id for place in edited.places if place.new_assignment is not None],
        no_contact=[place.account.id for place in edited.places if place.has_no_contact],
        notes=list(_notes(edited)),
    )


def _change(account_id: str, edit: ContactEdit) -> ContactChange:
    changes = [
        FieldChange(field=name, before=getattr(edit.contact, name), after=value)
        for name, value in sorted(edit.changes.items())
    ]
    roles: list[PartName] = [part.value for part in edit.parts]
    return ContactChange(contact_id=edit.contact.id, account_id=account_id, roles=roles, changes=changes)


def _notes(edited: Edited) -> Iterator[str]:
    if edited.before.address != edited.after.address and edited.after.identity is not None:
        yield "The person keeps the sign-in they have; unlink it if somebody else takes over."
    if any(place.has_no_contact and place.new_assignment is None for place in edited.places):
        yield (
            "No contact of an account carried the previous address, so Zuora stays as it is there; "
            "replace_sold_to makes this person the Sold To."
        )


def found_contact(contact: Contact, account: Account | None) -> FoundContact:
    """A contact in a list, with its account and the parts that it plays there."""
    parts = (
        {ContactRole.SOLD_TO: account.sold_to_contact_id, ContactRole.BILL_TO: account.bill_to_contact_id}
        if account
        else {}
    )
    error = f"{contact.sync_error.code}: {contact.sync_error.reason}" if contact.sync_error else None
    return FoundContact.model_validate(
        {
            "id": contact.id,
            "account_id": contact.account_id,
            "account_name": account.name if account else None,
            "roles": [part.value for part, contact_id in parts.items() if contact_id == contact.id],
            **contact.fields,
            "sync": {"state": contact.sync_state.value, "at": contact.sync_at, "error": error},
        }
    )


def _place(person: Customer, member: Membership, place: Account) -> Place:
    return Place(
        account_id=place.id,
        account_name=place.name,
        zuora_account_id=place.zuora_account_id,
        role=member.role,
        is_sold_to=place.sold_to_address in person.addresses,
        is_bill_to=place.bill_to_address in person.addresses,
        since=member.created_at,
    )


def transfer(it: Transfer) -> TransferAnswer:
    """A transfer, step by step."""
    return TransferAnswer.model_validate(
        {
            "id": it.id,
            "account_id": it.account_id,
            "state": it.state.value,
            "from_customer_id": it.from_customer_id,
            "to_customer_id": it.to_customer_id,
            "invitation_id": it.invitation_id,
            "steps": _steps(it),
            "waits_for": WAITS_FOR[it.state],
            "error": it.error,
            "cancellable": not it.state.is_end,
            "started_by": it.started_by,
            "started_at": it.started_at,
            "ended_at": it.ended_at,
            "ticket_url": it.ticket_url,
        }
    )


def _steps(it: Transfer) -> list[TransferStep]:
    """Steps that were not needed (the new owner was the Sold To already) are done when a later one is."""
    last = max((number for number, (_, state) in enumerate(STEPS) if it.reached(state)), default=-1)
    shown = []
    for number, (name, state) in enumerate(STEPS):
        following = "current" if number == last + 1 and not it.state.is_end else "open"
        shown.append({"name": name, "state": "done" if number <= last else following, "at": it.reached(state)})
    return [TransferStep.model_validate(each) for each in shown]
