"""Accounts and memberships."""

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.store.tables.texts import OwnText, OwnTexts, PersonalText, PersonalTexts


class AccountsByShard(GlobalSecondaryIndex["AccountItem"]):
    """All accounts, a shard at a time, in the order of their ids: what goes over all of them needs no Scan."""

    class Meta:
        index_name = "by-shard"
        projection = KeysOnlyProjection()

    shard = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)


class AccountItem(Model):
    """``acc_...`` is a billing account; ``zuora#<id>`` reserves a Zuora account for one of them."""

    class Meta:
        table_name = "accounts"
        region = "us-east-1"

    key = OwnText(hash_key=True)
    account_id = OwnText()
    zuora_account_id = OwnText(null=True)
    account_number = OwnText(null=True)
    name = OwnText(null=True)
    plan = OwnText(null=True)
    channel = OwnText(null=True)
    channel_is_set = BooleanAttribute(null=True)
    status = OwnText(null=True)
    managed_by = OwnText(null=True)
    max_managers = NumberAttribute(null=True)
    borrowed_seats = NumberAttribute(null=True)
    seats_used = NumberAttribute(null=True)
    manager_count = NumberAttribute(null=True)
    managing_count = NumberAttribute(null=True)
    admin_count = NumberAttribute(null=True)
    pending_count = NumberAttribute(null=True)
    logins_counted = BooleanAttribute(null=True)
    sold_to_contact_id = OwnText(null=True)
    bill_to_contact_id = OwnText(null=True)
    sold_to_address = PersonalText(null=True)
    bill_to_address = PersonalText(null=True)
    sold_to_next = PersonalTexts(null=True)
    bill_to_next = PersonalTexts(null=True)
    version = NumberAttribute(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    shard = OwnText(null=True)

    by_shard = AccountsByShard()


class MembershipItem(Model):
    """``(acc_..., cus_...)`` is a membership; ``(customer#cus_..., acc_...)`` points to it from the person's side."""

    class Meta:
        table_name = "memberships"
        region = "us-east-1"

    owner = OwnText(hash_key=True)
    member = OwnText(range_key=True)
    role = OwnText(null=True)
    origin_kind = OwnText(null=True)
    origin_reference = OwnText(null=True)
    added_by = OwnText(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    sent_pending = OwnTexts(null=True)
    login_off = BooleanAttribute(null=True)
