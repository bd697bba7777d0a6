"""Customers, with what is reserved for them."""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model


class CustomerItem(Model):
    """``cus_...`` is a customer; ``address#...`` and ``identity#...`` each reserve theirs for one customer.

    ``sign-in-link#cus_...`` is the newest sign-in link of a customer: its generation, key, end and use;
    ``edit#evt_...`` what an edit of a customer changed, before and after.
    """

    class Meta:
        table_name = "customers"
        region = "us-east-1"

    key = UnicodeAttribute(hash_key=True)
    customer_id = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    first_name = UnicodeAttribute(null=True)
    last_name = UnicodeAttribute(null=True)
    identity = UnicodeAttribute(null=True)
    login_activated = BooleanAttribute(null=True)
    login_changed_by = UnicodeAttribute(null=True)
    login_changed_at = UTCDateTimeAttribute(null=True)
    membership_count = NumberAttribute(null=True)
    counted_version = NumberAttribute(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    version = NumberAttribute(null=True)
    erased_at = UTCDateTimeAttribute(null=True)
    locale = UnicodeAttribute(null=True)
    other_addresses = UnicodeSetAttribute(null=True)
    unlinked: JSONAttribute = JSONAttribute(null=True)
    moved: JSONAttribute = JSONAttribute(null=True)
    generation = NumberAttribute(null=True)
    key_id = UnicodeAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    used_at = UTCDateTimeAttribute(null=True)
    mail_id = UnicodeAttribute(null=True)
    mail_state = UnicodeAttribute(null=True)
    mail_at = UTCDateTimeAttribute(null=True)
    mail_reason = UnicodeAttribute(null=True)
    changes: JSONAttribute = JSONAttribute(null=True)
