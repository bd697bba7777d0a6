"""Things of the domain with believable values; each maker takes whatever should differ."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.accounts import Account, AccountStatus, Channel, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer
from chalicelib.domain.invitations import Delivery, DeliveryState, Invitation, InvitationKind, InvitationStatus, Inviter
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Membership, Origin, OriginKind, Role
from chalicelib.domain.people import Actor, SignedIn

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

_ACCOUNT = Account(
    id="acc_1",
    zuora_account_id="zuora-1",
    account_number="A00000001",
    name="Acme Ltd",
    plan="enterprise",
    channel=Channel.DIRECT,
    status=AccountStatus.ACTIVE,
    managed_by=ManagedBy.MANAGERS,
    max_managers=None,
    seats_used=2,
    manager_count=2,
    managing_count=2,
    admin_count=1,
    pending_count=0,
    sold_to_contact_id="contact-1",
    bill_to_contact_id="contact-2",
    sold_to_address=Address("olga@acme.example"),
    bill_to_address=Address("bill@acme.example"),
    created_at=NOW,
)
_CUSTOMER = Customer(
    id="cus_1",
    address=Address("carl@acme.example"),
    first_name="Carl",
    last_name="Tester",
    identity="identity-of-carl",
    login_activated=True,
    membership_count=0,
    created_at=NOW,
)
_INVITATION = Invitation(
    account_id="acc_1",
    id="inv_1",
    kind=InvitationKind.EMAIL,
    address=Address("carl@acme.example"),
    role=Role.MANAGER,
    status=InvitationStatus.PENDING,
    generation=1,
    key_id="k1",
    created_at=NOW,
    renewed_at=NOW,
    validity=timedelta(days=7),
    expires_at=NOW + timedelta(days=7),
    reminders=0,
    new_requested_at=None,
    invited_by=Actor("customer:cus_olga"),
    inviter=Inviter("cus_olga", "Olga", "Owner"),
    message=None,
    locale=None,
    sent_count=1,
    last_sent_at=NOW,
    delivery=Delivery(DeliveryState.QUEUED, NOW),
    last_accept_error=None,
    accepted_by=None,
    ended_at=None,
    decline_reason=None,
)
_MEMBERSHIP = Membership(
    account_id="acc_1",
    customer_id="cus_1",
    role=Role.MANAGER,
    origin=Origin(OriginKind.INVITATION, "inv_1"),
    added_by=Actor("customer:cus_olga"),
    created_at=NOW,
)
_PERSON = SignedIn(
    identity="identity-of-carl",
    address=Address("carl@acme.example"),
    verified=True,
    first_name="Carl",
    last_name="Tester",
    groups=frozenset(),
)
LIMITS = Limits(
    memberships_per_customer=1,
    pending_invitations=15,
    managers_by_plan={"team": 2},
    invitation_days=7,
    resend_cooldown=timedelta(seconds=60),
    mails_per_account_and_address=5,
    mails_per_address=10,
    invitations_per_inviter=50,
    invitations_per_account=100,
    changes_per_manager=30,
    retention=timedelta(days=90),
)


def account(**changes: Any) -> Account:
    """An open account with two managers, one of them admin, and no bound."""
    return replace(_ACCOUNT, **changes)


def customer(**changes: Any) -> Customer:
    """A customer who manages nothing yet."""
    return replace(_CUSTOMER, **changes)


def invitation(**changes: Any) -> Invitation:
    """A pending e-mail invitation for that customer, good for seven days from NOW."""
    return replace(_INVITATION, **changes)


def membership(**changes: Any) -> Membership:
    """That customer's membership."""
    return replace(_MEMBERSHIP, **changes)


def person(**changes: Any) -> SignedIn:
    """That customer, signed in with a verified address."""
    return replace(_PERSON, **changes)
