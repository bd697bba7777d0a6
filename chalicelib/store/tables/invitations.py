"""Invitations, and the addresses that are held."""

from pynamodb.attributes import (
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection, LocalSecondaryIndex
from pynamodb.models import Model


class PendingByAccount(LocalSecondaryIndex["InvitationItem"]):
    """The pending invitations of an account, newest last; sparse, and consistent to read."""

    class Meta:
        index_name = "pending-by-account"
        projection = AllProjection()

    account_id = UnicodeAttribute(hash_key=True)
    pending_id = UnicodeAttribute(range_key=True)


class InvitationsByAddress(GlobalSecondaryIndex["InvitationItem"]):
    """The invitations of an address, until it is scrubbed: the invitee's inbox."""

    class Meta:
        index_name = "by-address"
        projection = KeysOnlyProjection()

    address = UnicodeAttribute(hash_key=True)
    invitation_id = UnicodeAttribute(range_key=True)


class InvitationsDue(GlobalSecondaryIndex["InvitationItem"]):
    """What the schedules read, by time: the pending when they are due, the ended since when they are; sparse."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due = UnicodeAttribute(hash_key=True)
    due_at = UTCDateTimeAttribute(range_key=True)


class InvitationItem(Model):
    """``(acc_..., inv_...)`` is an invitation; ``(acc_..., address#...)`` holds an address on the account.

    The address item is what makes "one live invitation per address" and "nobody is invited who manages
    already" a key: it names the pending invitation or the manager that holds the address.
    """

    class Meta:
        table_name = "invitations"
        region = "us-east-1"

    account_id = UnicodeAttribute(hash_key=True)
    invitation_id = UnicodeAttribute(range_key=True)

    held_by_invitation = UnicodeAttribute(null=True)
    held_by_customer = UnicodeAttribute(null=True)

    kind = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    generation = NumberAttribute(null=True)
    key_id = UnicodeAttribute(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    renewed_at = UTCDateTimeAttribute(null=True)
    validity = NumberAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    reminders = NumberAttribute(null=True)
    new_requested_at = UTCDateTimeAttribute(null=True)
    invited_by = UnicodeAttribute(null=True)
    inviter_id = UnicodeAttribute(null=True)
    inviter_first_name = UnicodeAttribute(null=True)
    inviter_last_name = UnicodeAttribute(null=True)
    message = UnicodeAttribute(null=True)
    locale = UnicodeAttribute(null=True)
    sent_count = NumberAttribute(null=True)
    last_sent_at = UTCDateTimeAttribute(null=True)
    delivery_state = UnicodeAttribute(null=True)
    delivery_at = UTCDateTimeAttribute(null=True)
    delivery_reason = UnicodeAttribute(null=True)
    accept_error_code = UnicodeAttribute(null=True)
    accept_error_at = UTCDateTimeAttribute(null=True)
    accepted_by = UnicodeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    decline_reason = UnicodeAttribute(null=True)
    addressed_since = NumberAttribute(null=True)
    agents = UnicodeSetAttribute(null=True)
    transfer_id = UnicodeAttribute(null=True)

    pending_id = UnicodeAttribute(null=True)
    due = UnicodeAttribute(null=True)
    due_at = UTCDateTimeAttribute(null=True)

    pending_by_account = PendingByAccount()
    by_address = InvitationsByAddress()
    by_due = InvitationsDue()
