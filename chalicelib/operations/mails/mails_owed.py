"""Who is mailed about what: turns the audiences of the event catalogue into mails (R35).

Nobody is copied on another person's mail, and nobody is shown an address that they may not see.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer
from chalicelib.domain.event_entry import Audience
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.people import customer_actor
from chalicelib.domain.permissions import Permission, may
from chalicelib.failures import Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.mails import mail_facts, transfer_news
from chalicelib.store import accounts, customers, deliveries, invitations, memberships, reading
from chalicelib.store.reading import if_readable

_ONLY_WHILE_LIVE = frozenset({EventType.INVITATION_BOUNCED})
_ONLY_WHILE_OVER = frozenset({EventType.INVITATION_EXPIRED, EventType.INVITATION_NEW_REQUESTED})
"""News that are none any more when the invitation has ended, or has been renewed, meanwhile."""


@frozen
class Letter:
    """One mail to one person. ``values`` are the facts of its template beside those of every mail.

    ``delivery_id`` is the same whenever the same letter is made, which is what keeps it from being sent
    twice. ``invitation`` is set on the mails that carry an invitation's link, ``reader_id`` on those to the present
    address of a customer.
    """

    delivery_id: str
    event: str
    audience: Audience
    address: Address
    locale: str | None
    values: Mapping[str, object]
    invitation: Invitation | None = None
    reader_id: str | None = None


def for_event(event: Event, *, now: datetime) -> Iterator[Letter]:
    """The letters that the event owes as things stand now; those of an earlier state are not owed any more."""
    account = reading.one(accounts.key(event.account_id)) if event.account_id else None
    if event.account_id and account is None:
        raise Retryable("the account cannot be read yet")
    invitation = None
    if account and event.subject.startswith("invitation:"):
        invitation = reading.one(invitations.key(account.id, event.subject.removeprefix("invitation:")))
    about = mail_facts.About(event, account, invitation, now)
    if event.type in _ONLY_WHILE_OVER and about.invitation_is_pending:
        return
    if event.type in _ONLY_WHILE_LIVE and not about.invitation_is_pending:
        return
    if event.type is EventType.CONTACT_PLACED and mail_facts.is_as_before(event):
        return
    for audience in event.type.entry.told:  # nobody of a type that only a newer version knows: that one tells
        if audience is Audience.INVITEE or not transfer_news.is_told_at_the_end(event):
            yield from _WRITERS[audience](about)


def still_owed(letter: Letter, *, now: datetime) -> bool:
    """Whether a link may still go out; asked under the claim, so that a revocation is seen here or sees the claim."""
    sent = letter.invitation
    if sent is None:
        return True
    read = reading.one(invitations.key(sent.account_id, sent.id))
    return read is not None and read.generation == sent.generation and read.seen_at(now).is_pending


def _to_invitee(about: mail_facts.About) -> Iterator[Letter]:
    """The invited address, while the invitation is what the mail says of it."""
    event, invitation = about.event, about.invitation
    if invitation is None or invitation.address is None:
        return
    if event.type is EventType.INVITATION_REVOKED:
        if (
            event.data.get("because") != "invitee_joined"
            and event.data.get("was_live")
            and _link_went_out(invitation, about.now)
        ):
            yield _to_address(about, invitation, invitation.address, f"{event.id}#{Audience.INVITEE}")
        return
    if invitation.generation == event.data["generation"] and invitation.seen_at(about.now).is_pending:
        delivery_id = _link_delivery(invitation)
        if event.type is EventType.INVITATION_REMINDED:
            delivery_id = f"{invitation.id}#reminder#{invitation.generation}#{event.data['number']}"
        yield _to_address(about, invitation, invitation.address, delivery_id, carries_link=True)


def _to_inviter(about: mail_facts.About) -> Iterator[Letter]:
    """The sender of the invitation, if they are still there and may still see it."""
    inviter, account = about.invitation.inviter if about.invitation else None, about.account
    if inviter is None or account is None:
        return
    reader, membership = reading.batch(customers.key(inviter.id), memberships.key(account.id, inviter.id))
    if reader is None or membership is None or not reader.login_activated:
        return
    if may(account.managed_by, membership.role, Permission.VIEW_INVITATIONS):
        yield _letter(about, Audience.INVITER, reader, mail_facts.for_inviter(about))


def _to_person(about: mail_facts.About) -> Iterator[Letter]:
    """Whom it was done to; nobody when a contact was chosen who is no customer of ours."""
    customer_id = about.event.data["customer_id"]
    person = reading.one(customers.key(str(customer_id))) if customer_id else None
    if person is not None:
        yield _letter(about, Audience.PERSON, person, mail_facts.for_person(about, person))


def _to_others(about: mail_facts.About) -> Iterator[Letter]:
    """The managers who may see addresses, by policy, without who did it and whom it was done to."""
    event, account = about.event, about.account
    if account is None:
        return
    concerned = str(event.data.get("customer_id") or "")
    person = reading.one(customers.key(concerned)) if concerned else None
    told = [
        each.customer_id
        for each in memberships.of_account(account.id)
        if may(account.managed_by, each.role, Permission.VIEW_MANAGER_ADDRESSES)
        and each.created_at <= event.at
        and each.customer_id not in {concerned, event.data.get("from_customer_id")}
        and customer_actor(each.customer_id) != event.actor
        and each.customer_id != event.data.get("chosen_by")
    ]
    of_transfer = event.type is EventType.TRANSFER_ENDED
    facts = transfer_news.for_others(about, person) if of_transfer else mail_facts.for_others(about, person)
    if facts is None:
        return
    for reader in reading.many([if_readable(customers.key(each)) for each in told]):
        if reader is not None and reader.login_activated:
            yield _letter(about, Audience.OTHERS, reader, facts)


def _to_chooser(about: mail_facts.About) -> Iterator[Letter]:
    """The manager who chose the contact that Zuora refused, if they are still there; support sees it in its list."""
    chosen_by, account = about.event.data.get("chosen_by"), about.account
    if chosen_by is None or account is None:
        return
    reader, membership = reading.batch(customers.key(str(chosen_by)), memberships.key(account.id, str(chosen_by)))
    facts = mail_facts.for_chooser(about)
    if reader is not None and membership is not None and reader.login_activated and facts is not None:
        yield _letter(about, Audience.CHOOSER, reader, facts)


def _to_new_owner(about: mail_facts.About) -> Iterator[Letter]:
    if found := transfer_news.for_new_owner(about):
        yield _letter(about, Audience.NEW_OWNER, *found)


def _to_old_owner(about: mail_facts.About) -> Iterator[Letter]:
    if found := transfer_news.for_old_owner(about):
        yield _letter(about, Audience.OLD_OWNER, *found)


def _to_old(about: mail_facts.About) -> Iterator[Letter]:
    """The address that was the person's until the event; a farewell."""
    person = reading.one(customers.key(str(about.event.data["customer_id"])))
    address = reading.one(deliveries.recipient(about.event.id))
    if person is not None and address:  # an erased person's is empty
        yield _letter(about, Audience.OLD, replace(person, address=address), mail_facts.for_old_address(person))


def _to_new(about: mail_facts.About) -> Iterator[Letter]:
    """The address that the person has now."""
    person = reading.one(customers.key(str(about.event.data["customer_id"])))
    if person is not None and person.erased_at is None:
        yield _letter(about, Audience.NEW, person, mail_facts.for_new_address(person))


def _link_delivery(invitation: Invitation) -> str:
    """The delivery of the mail with an invitation's newest link."""
    return f"{invitation.id}#link#{invitation.generation}"


def _link_went_out(invitation: Invitation, now: datetime) -> bool:
    """Whether the invitee may know of the invitation; while a mail is on its way that is not known yet.

    A claim that ran out may have sent the mail, and nobody tries it again: the invitation has ended.
    """
    delivery = reading.one(deliveries.key(_link_delivery(invitation)))
    if delivery is None or delivery.state is not deliveries.State.CLAIMED:
        return delivery is not None and delivery.state is deliveries.State.SENT
    if delivery.lease_until is not None and delivery.lease_until > now:
        raise Retryable("the invitation's mail is on its way")
    return True


def _to_address(
    about: mail_facts.About,
    invitation: Invitation,
    address: Address,
    delivery_id: str,
    *,
    carries_link: bool = False,
) -> Letter:
    return Letter(
        delivery_id=delivery_id,
        event=about.event.type.value,
        audience=Audience.INVITEE,
        address=address,
        locale=invitation.locale,
        values=mail_facts.for_invitee(about, with_details=carries_link),
        invitation=invitation if carries_link else None,
    )


def template_of(event: Event) -> str:
    """The folder of the mails about an event; who plays which part now, and how a transfer has ended, is told apart."""
    if event.type is EventType.TRANSFER_ENDED:
        return transfer_news.template_of(event)
    return f"{event.data['part']}_changed" if event.type is EventType.CONTACT_PLACED else event.type.value


def _letter(about: mail_facts.About, audience: Audience, reader: Customer, facts: mail_facts.Facts) -> Letter:
    return Letter(
        delivery_id=f"{about.event.id}#{audience}#{reader.id}",
        event=template_of(about.event),
        audience=audience,
        address=reader.address,
        locale=reader.locale,
        values={"recipient_name": reader.name, "account_name": about.account_name, **facts},
        reader_id=None if audience is Audience.OLD else reader.id,
    )


_WRITERS: Mapping[Audience, Callable[[mail_facts.About], Iterator[Letter]]] = {
    Audience.INVITEE: _to_invitee,
    Audience.INVITER: _to_inviter,
    Audience.PERSON: _to_person,
    Audience.OTHERS: _to_others,
    Audience.OLD: _to_old,
    Audience.NEW: _to_new,
    Audience.CHOOSER: _to_chooser,
    Audience.NEW_OWNER: _to_new_owner,
    Audience.OLD_OWNER: _to_old_owner,
}
