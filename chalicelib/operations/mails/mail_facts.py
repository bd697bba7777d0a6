"""The values of each mail: the facts of an event, as the templates need them."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import masked
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.customers import Customer
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.people import Actor
from chalicelib.emails.values import Named
from chalicelib.frozen import frozen
from chalicelib.store import contacts, customers, reading

Facts = Mapping[str, object]


@frozen
class About:
    """The event and the records it is about, read when the mail is written; ``now`` is that time."""

    event: Event
    account: Account | None
    invitation: Invitation | None
    now: datetime

    @property
    def account_name(self) -> Named | str:
        """The account's name with its number; empty for what concerns a person only."""
        account = self.account
        return Named(account.name, lambda: account.account_number) if account else ""

    @property
    def invitation_is_pending(self) -> bool:
        """Whether there is an invitation and it is live."""
        return self.invitation is not None and self.invitation.seen_at(self.now).is_pending


def for_invitee(about: About, *, with_details: bool) -> Facts:
    """For the invited address; details only in the mails that carry the link."""
    facts: dict[str, object] = {"recipient_name": "", "account_name": about.account_name}
    invitation = about.invitation
    if with_details and invitation is not None:
        facts |= {
            "inviter_name": _inviter_name(invitation),
            "role": invitation.role.value,
            "expires_at": invitation.expires_at,
            "message": invitation.message,
        }
    return facts


def for_inviter(about: About) -> Facts:
    """For the sender of the invitation: which one, and why it ended."""
    invitation = about.invitation
    facts: dict[str, object] = {"invited_address": (invitation.address if invitation else None) or ""}
    if about.event.type is EventType.INVITATION_DECLINED:
        facts["reason"] = invitation.decline_reason if invitation else None
    if about.event.type is EventType.INVITATION_BOUNCED:
        delivery = invitation.delivery if invitation else None
        facts["bounce_reason"] = delivery.reason if delivery else None
    return facts


def is_as_before(event: Event) -> bool:
    """Whether the contact that is in place was in place already."""
    return event.data.get("replaces", "") == event.data["contact_id"]


def for_chooser(about: About) -> Facts | None:
    """For whoever chose a contact: who it was, and why Zuora refused; None when they have chosen again since."""
    account, part = about.account, ContactRole(str(about.event.data["part"]))
    assignment = reading.one(contacts.assignment_key(account.id, part)) if account else None
    if assignment is None or assignment.error is None:
        return None
    fields = assignment.fields
    name = Named(f"{fields['first_name']} {fields['last_name']}".strip(), lambda: fields["work_email"])
    return {"contact_name": name, "part": part.value, "refusal": assignment.error.reason}


def for_person(about: About, person: Customer) -> Facts:
    """For the person affected."""
    if about.event.type is EventType.CONTACT_PLACED:
        return {"contact_name": called(person)}
    data = about.event.data
    if about.event.type in {EventType.INVITATION_ACCEPTED, EventType.MEMBERSHIP_GRANTED}:
        return {"role": data["role"]}
    if about.event.type is EventType.ROLE_CHANGED:
        return {"role_before": data["role_before"], "role_after": data["role_after"]}
    return {}


def for_old_address(person: Customer) -> Facts:
    """For the address that a person had; whoever reads there may be somebody else by now."""
    return {"new_address_masked": masked(person.address)}


def for_new_address(person: Customer) -> Facts:
    """For the address that a person has now, which is the reader's own."""
    return {"new_address": person.address}


def for_others(about: About, person: Customer | None) -> Facts:
    """For the other managers."""
    event = about.event
    if event.type is EventType.CONTACT_PLACED:
        return {"contact_name": called(person) if person else _contact_name(about)}
    facts: dict[str, object] = {"person_name": called(person)} if person else {}
    if event.type in {EventType.MANAGER_REMOVED, EventType.ROLE_CHANGED}:
        facts["actor_name"] = _actor_name(event.actor)
    if event.type is EventType.ROLE_CHANGED:
        facts |= {"role_before": event.data["role_before"], "role_after": event.data["role_after"]}
    if event.type is EventType.MEMBERSHIP_GRANTED:
        facts["role"] = event.data["role"]
    if event.type is EventType.INVITATION_ACCEPTED:
        facts |= {
            "role": event.data["role"],
            "kind": event.data["kind"],
            "inviter_name": _inviter_name(about.invitation),
        }
    if event.type is EventType.INVITATION_NEW_REQUESTED:
        facts["invited_address"] = (about.invitation.address if about.invitation else None) or ""
    return facts


def _inviter_name(invitation: Invitation | None) -> Named | str:
    """The name that the sender had then; the address, where it is needed, as it is now."""
    inviter = invitation.inviter if invitation else None
    name = f"{inviter.first_name} {inviter.last_name}".strip() if inviter else ""
    return Named(name, lambda: _address_of(inviter.id)) if inviter and name else ""


def _address_of(customer_id: str) -> str:
    person = reading.one(customers.key(customer_id))
    return person.address if person is not None and person.erased_at is None else ""


def _contact_name(about: About) -> Named | str:
    """The contact that is in place, who is no manager."""
    contact = reading.one(contacts.key(str(about.event.data["contact_id"])))
    if contact is None:
        return ""
    return Named(f"{contact.first_name} {contact.last_name}".strip(), lambda: contact.work_email)


def _actor_name(actor: Actor) -> Named | str:
    """A manager by name; support and the service itself are not named."""
    kind, _, actor_id = actor.partition(":")
    person = reading.one(customers.key(actor_id)) if kind == "customer" else None
    return called(person) if person else ""


def called(person: Customer) -> Named:
    """For readers who may see addresses: whole, or nobody could say whether they know the person."""
    return Named(person.name, lambda: person.address)
