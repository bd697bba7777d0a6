"""Invitations, and the addresses that are held."""

from pynamodb.attributes import (
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection, LocalSecondaryIndex
from pynamodb.models import Model

from chalicelib.store.tables.texts import OwnText, PersonalText, PersonalTexts


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

    account_id = OwnText(hash_key=True)
    invitation_id = OwnText(range_key=True)

    held_by_invitation = OwnText(null=True)
    held_by_customer = OwnText(null=True)

    kind = OwnText(null=True)
    address = PersonalText(null=True)
    role = OwnText(null=True)
    status = OwnText(null=True)
    generation = NumberAttribute(null=True)
    key_id = OwnText(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    renewed_at = UTCDateTimeAttribute(null=True)
    validity = NumberAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    reminders = NumberAttribute(null=True)
    new_requested_at = UTCDateTimeAttribute(null=True)
    invited_by = OwnText(null=True)
    inviter_id = OwnText(null=True)
    inviter_first_name = PersonalText(null=True)
    inviter_last_name = PersonalText(null=True)
    message = PersonalText(null=True)
    locale = OwnText(null=True)
    sent_count = NumberAttribute(null=True)
    last_sent_at = UTCDateTimeAttribute(null=True)
    delivery_state = OwnText(null=True)
    delivery_at = UTCDateTimeAttribute(null=True)
    delivery_reason = PersonalText(null=True)
    accept_error_code = OwnText(null=True)
    accept_error_at = UTCDateTimeAttribute(null=True)
    accepted_by = OwnText(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    decline_reason = PersonalText(null=True)
    addressed_since = NumberAttribute(null=True)
    agents = PersonalTexts(null=True)
    transfer_id = OwnText(null=True)

    pending_id = OwnText(null=True)
    due = OwnText(null=True)
    due_at = UTCDateTimeAttribute(null=True)

    pending_by_account = PendingByAccount()
    by_address = InvitationsByAddress()
    by_due = InvitationsDue()
