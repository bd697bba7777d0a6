"""Contacts, and how they stand to Zuora."""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model


class ContactsByAccount(GlobalSecondaryIndex["ContactItem"]):
    """The contacts of an account."""

    class Meta:
        index_name = "by-account"
        projection = KeysOnlyProjection()

    account_id = UnicodeAttribute(hash_key=True)
    contact_id = UnicodeAttribute(range_key=True)


class OutOfStep(GlobalSecondaryIndex["ContactItem"]):
    """The contacts and assignments that Zuora does not have yet or refused, by their state; sparse."""

    class Meta:
        index_name = "out-of-step"
        projection = KeysOnlyProjection()

    out_of_step = UnicodeAttribute(hash_key=True)
    contact_id = UnicodeAttribute(range_key=True)


class ContactItem(Model):
    """A Zuora contact, under Zuora's id; ``assignment#acc_...#<part>`` is who is to play a part on an account.

    ``edit#evt_...`` is what an edit of contacts changed, before and after; no index has it.
    """

    class Meta:
        table_name = "contacts"
        region = "us-east-1"

    contact_id = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute(null=True)
    first_name = UnicodeAttribute(null=True)
    last_name = UnicodeAttribute(null=True)
    work_email = UnicodeAttribute(null=True)
    address1 = UnicodeAttribute(null=True)
    address2 = UnicodeAttribute(null=True)
    city = UnicodeAttribute(null=True)
    state = UnicodeAttribute(null=True)
    postal_code = UnicodeAttribute(null=True)
    country = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    error_code = UnicodeAttribute(null=True)
    error_reason = UnicodeAttribute(null=True)

    sync_state = UnicodeAttribute(null=True)
    sync_at = UTCDateTimeAttribute(null=True)
    synced_version = NumberAttribute(null=True)
    edited = UnicodeSetAttribute(null=True)

    assignment_of = UnicodeAttribute(null=True)
    part = UnicodeAttribute(null=True)
    assigned_contact_id = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute(null=True)
    chosen_by = UnicodeAttribute(null=True)
    transfer_id = UnicodeAttribute(null=True)
    replaces = UnicodeAttribute(null=True)
    chosen_at = UTCDateTimeAttribute(null=True)
    attempt = NumberAttribute(null=True)

    sent_version = NumberAttribute(null=True)
    sent_until = UTCDateTimeAttribute(null=True)
    out_of_step = UnicodeAttribute(null=True)

    changes: JSONAttribute = JSONAttribute(null=True)
    addresses = UnicodeSetAttribute(null=True)

    by_account = ContactsByAccount()
    by_state = OutOfStep()


class Drifts(GlobalSecondaryIndex["SyncItem"]):
    """What was found to differ from Zuora; sparse."""

    class Meta:
        index_name = "drift"
        projection = AllProjection()

    listed = UnicodeAttribute(hash_key=True)
    sync_key = UnicodeAttribute(range_key=True)


class SyncItem(Model):
    """What the work with Zuora remembers beside the contacts.

    ``lease#<account or contact>``: who works on it; ``breaker``: whether Zuora answers; ``reconciliation``: how far
    the nightly round is; ``drift#...``: one difference that it found.
    """

    class Meta:
        table_name = "syncs"
        region = "us-east-1"

    sync_key = UnicodeAttribute(hash_key=True)

    fence = NumberAttribute(null=True)
    until = UTCDateTimeAttribute(null=True)

    failures = NumberAttribute(null=True)
    opened_at = UTCDateTimeAttribute(null=True)
    receiving_stopped = BooleanAttribute(null=True)

    started_at = UTCDateTimeAttribute(null=True)
    finished_at = UTCDateTimeAttribute(null=True)
    shard = NumberAttribute(null=True)
    after = UnicodeAttribute(null=True)
    checked = NumberAttribute(null=True)
    drifted = NumberAttribute(null=True)

    listed = UnicodeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    account_id = UnicodeAttribute(null=True)
    contact_id = UnicodeAttribute(null=True)
    fields = UnicodeAttribute(null=True)
    found_at = UTCDateTimeAttribute(null=True)

    by_listed = Drifts()
