"""Contacts, and how they stand to Zuora."""

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.store.tables.texts import OwnText, OwnTexts, PersonalJson, PersonalText, PersonalTexts


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

    contact_id = OwnText(hash_key=True)
    account_id = OwnText(null=True)
    first_name = PersonalText(null=True)
    last_name = PersonalText(null=True)
    work_email = PersonalText(null=True)
    address1 = PersonalText(null=True)
    address2 = PersonalText(null=True)
    city = PersonalText(null=True)
    state = PersonalText(null=True)
    postal_code = PersonalText(null=True)
    country = PersonalText(null=True)
    version = NumberAttribute(null=True)
    error_code = OwnText(null=True)
    error_reason = PersonalText(null=True)

    sync_state = OwnText(null=True)
    sync_at = UTCDateTimeAttribute(null=True)
    synced_version = NumberAttribute(null=True)
    edited = OwnTexts(null=True)

    assignment_of = OwnText(null=True)
    part = OwnText(null=True)
    assigned_contact_id = OwnText(null=True)
    customer_id = OwnText(null=True)
    chosen_by = OwnText(null=True)
    transfer_id = OwnText(null=True)
    replaces = OwnText(null=True)
    chosen_at = UTCDateTimeAttribute(null=True)
    attempt = NumberAttribute(null=True)

    sent_version = NumberAttribute(null=True)
    sent_until = UTCDateTimeAttribute(null=True)
    out_of_step = OwnText(null=True)

    changes: PersonalJson = PersonalJson(null=True)
    addresses = PersonalTexts(null=True)

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

    sync_key = OwnText(hash_key=True)

    fence = NumberAttribute(null=True)
    until = UTCDateTimeAttribute(null=True)

    failures = NumberAttribute(null=True)
    opened_at = UTCDateTimeAttribute(null=True)
    receiving_stopped = BooleanAttribute(null=True)

    started_at = UTCDateTimeAttribute(null=True)
    finished_at = UTCDateTimeAttribute(null=True)
    shard = NumberAttribute(null=True)
    after = OwnText(null=True)
    checked = NumberAttribute(null=True)
    drifted = NumberAttribute(null=True)

    listed = OwnText(null=True)
    kind = OwnText(null=True)
    account_id = OwnText(null=True)
    contact_id = OwnText(null=True)
    fields = OwnText(null=True)
    found_at = UTCDateTimeAttribute(null=True)

    by_listed = Drifts()
