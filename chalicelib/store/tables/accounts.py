"""Accounts and memberships."""

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model


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

    key = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    zuora_account_id = UnicodeAttribute(null=True)
    account_number = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    plan = UnicodeAttribute(null=True)
    channel = UnicodeAttribute(null=True)
    channel_is_set = BooleanAttribute(null=True)
    status = UnicodeAttribute(null=True)
    managed_by = UnicodeAttribute(null=True)
    max_managers = NumberAttribute(null=True)
    borrowed_seats = NumberAttribute(null=True)
    seats_used = NumberAttribute(null=True)
    manager_count = NumberAttribute(null=True)
    managing_count = NumberAttribute(null=True)
    admin_count = NumberAttribute(null=True)
    pending_count = NumberAttribute(null=True)
    logins_counted = BooleanAttribute(null=True)
    sold_to_contact_id = UnicodeAttribute(null=True)
    bill_to_contact_id = UnicodeAttribute(null=True)
    sold_to_address = UnicodeAttribute(null=True)
    bill_to_address = UnicodeAttribute(null=True)
    sold_to_next = UnicodeSetAttribute(null=True)
    bill_to_next = UnicodeSetAttribute(null=True)
    version = NumberAttribute(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    shard = UnicodeAttribute(null=True)

    by_shard = AccountsByShard()


class MembershipItem(Model):
    """``(acc_..., cus_...)`` is a membership; ``(customer#cus_..., acc_...)`` points to it from the person's side."""

    class Meta:
        table_name = "memberships"
        region = "us-east-1"

    owner = UnicodeAttribute(hash_key=True)
    member = UnicodeAttribute(range_key=True)
    role = UnicodeAttribute(null=True)
    origin_kind = UnicodeAttribute(null=True)
    origin_reference = UnicodeAttribute(null=True)
    added_by = UnicodeAttribute(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    sent_pending = UnicodeSetAttribute(null=True)
    login_off = BooleanAttribute(null=True)
