"""Serializers of the domain's objects.

Those of what an operation returns stand beside its routes, which load that operation anyway.
"""

from collections.abc import Sequence
from typing import TypeVar

from chalicelib.api.web.schemas import (
    AccountAnswer,
    AccountLimits,
    CreatedInvitation,
    CustomerAnswer,
    EventAnswer,
    InboxItem,
    InvitationAnswer,
    Manager,
    ManagerLimit,
    MembershipAnswer,
    Page,
    PendingLimit,
    Permissions,
    PreviewAnswer,
    You,
)
from chalicelib.domain import event_facts, permissions
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import masked
from chalicelib.domain.customers import Customer
from chalicelib.domain.events import Event
from chalicelib.domain.invitations import Invitation, InvitationKind
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.people import Actor, SignedIn
from chalicelib.domain.permissions import Permission

T = TypeVar("T")


def account_fields(account: Account, role: Role | None, *, most_pending: int) -> dict[str, object]:
    """The fields of an account for somebody in that role, None for support."""
    return {
        "id": account.id,
        "zuora_account_id": account.zuora_account_id,
        "account_number": account.account_number,
        "name": account.name,
        "plan": account.plan,
        "channel": account.channel.value,
        "status": account.status.value,
        "managed_by": account.managed_by.value,
        "limits": AccountLimits(
            managers=ManagerLimit(used=account.manager_count, max=account.max_managers),
            pending_invitations=PendingLimit(used=account.pending_count, max=most_pending),
        ),
        "my_role": role,
        "nudge_second_manager": not account.is_closed and account.managing_count == 1 and account.has_free_seat,
    }


def account(account: Account, role: Role | None, *, most_pending: int) -> AccountAnswer:
    """An account for somebody in that role, None for support."""
    return AccountAnswer.model_validate(account_fields(account, role, most_pending=most_pending))


def permissions_of(account: Account, role: Role) -> Permissions:
    """What the role may do on the account, in the table's order."""
    held = permissions.granted(account.managed_by, role, account.channel)
    return Permissions(permissions=[each for each in Permission if each in held])


def manager(membership: Membership, customer: Customer, account: Account, *, with_address: bool) -> Manager:
    """A manager as other managers see one, with their address or without; support reads "Support" (R40)."""
    added_by = event_facts.actor_for_managers(membership.added_by)
    return _manager(membership, customer, account, with_address=with_address, added_by=added_by)


def manager_for_support(membership: Membership, customer: Customer, account: Account) -> Manager:
    """A manager as support sees one: with address, and with who of support added them."""
    return _manager(membership, customer, account, with_address=True, added_by=membership.added_by)


def _manager(
    membership: Membership, customer: Customer, account: Account, *, with_address: bool, added_by: Actor
) -> Manager:
    return Manager(
        id=customer.id,
        first_name=customer.first_name,
        last_name=customer.last_name,
        email=customer.address if with_address else None,
        role=membership.role,
        is_sold_to=account.sold_to_address in customer.addresses,
        is_bill_to=account.bill_to_address in customer.addresses,
        added_at=membership.created_at,
        added_by=added_by,
    )


def invitation(invitation: Invitation) -> InvitationAnswer:
    """An invitation; never with a token or a link."""
    return InvitationAnswer.model_validate(_invitation_fields(invitation))


def created_invitation(invitation: Invitation, accept_url: str | None) -> CreatedInvitation:
    """A new invitation, with its link if it is one by link."""
    return CreatedInvitation.model_validate({**_invitation_fields(invitation), "accept_url": accept_url})


def _invitation_fields(invitation: Invitation) -> dict[str, object]:
    inviter, delivery, failed = invitation.inviter, invitation.delivery, invitation.last_accept_error
    return {
        "id": invitation.id,
        "account_id": invitation.account_id,
        "kind": invitation.kind.value,
        "email": invitation.address,
        "role": invitation.role,
        "status": invitation.status.value,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
        "invited_by": {
            "id": inviter.id if inviter else None,
            "first_name": inviter.first_name if inviter else "",
            "last_name": inviter.last_name if inviter else "",
        },
        "message": invitation.message,
        "sent_count": invitation.sent_count,
        "last_sent_at": invitation.last_sent_at,
        "delivery": {"state": delivery.state.value, "at": delivery.at, "reason": delivery.reason} if delivery else None,
        "last_accept_error": {"code": failed.code, "at": failed.at} if failed else None,
        "ended_at": invitation.ended_at,
        "decline_reason": invitation.decline_reason,
    }


def inviter_name(invitation: Invitation) -> str:
    """First and last name of who sent it; empty for support."""
    inviter = invitation.inviter
    return f"{inviter.first_name} {inviter.last_name}".strip() if inviter else ""


def preview(invitation: Invitation, account: Account, who: SignedIn | None) -> PreviewAnswer:
    """A live invitation for the holder of its link, signed in or not."""
    by_mail = invitation.kind is InvitationKind.EMAIL
    you = None
    if who is not None:
        matches = not by_mail or (who.proven_address is not None and who.proven_address == invitation.address)
        you = You(email_masked=masked(who.address) if who.address else None, matches=matches)
    return PreviewAnswer(
        account_name=account.name,
        inviter_name=inviter_name(invitation),
        kind=invitation.kind.value,
        role=invitation.role,
        status="pending",
        expires_at=invitation.expires_at,
        email_masked=masked(invitation.address) if invitation.address else None,
        you=you,
    )


def inbox_item(invitation: Invitation, account: Account) -> InboxItem:
    """A live invitation for its invitee."""
    return InboxItem(
        id=invitation.id,
        account_id=account.id,
        account_name=account.name,
        inviter_name=inviter_name(invitation),
        kind=invitation.kind.value,
        email=invitation.address,
        role=invitation.role,
        status="pending",
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        message=invitation.message,
    )


def membership(membership: Membership, account_name: str) -> MembershipAnswer:
    """A membership."""
    return MembershipAnswer(
        account_id=membership.account_id,
        account_name=account_name,
        customer_id=membership.customer_id,
        role=membership.role,
        created_at=membership.created_at,
    )


def event(event: Event) -> EventAnswer:
    """An entry of the history."""
    return EventAnswer(
        id=event.id,
        type=event.type.value,
        at=event.at,
        actor=event.actor,
        subject=event.subject,
        account_id=event.account_id,
        data=dict(event.data),
    )


def customer(customer: Customer) -> CustomerAnswer:
    """A customer for the support desk."""
    return CustomerAnswer(
        id=customer.id,
        email=customer.address,
        first_name=customer.first_name,
        last_name=customer.last_name,
        login_activated=customer.login_activated,
        login_changed_by=customer.login_changed_by,
        login_changed_at=customer.login_changed_at,
        has_signed_in=customer.identity is not None,
        membership_count=customer.membership_count,
        created_at=customer.created_at,
    )


def page_of(data: Sequence[T], next_cursor: str | None) -> Page[T]:
    """One page of a list."""
    return Page[T](data=list(data), next_cursor=next_cursor)
