"""Customers, with what is reserved for them."""

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model

from chalicelib.store.tables.texts import OwnText, PersonalJson, PersonalText, PersonalTexts


class CustomerItem(Model):
    """``cus_...`` is a customer; ``address#...`` and ``identity#...`` each reserve theirs for one customer.

    ``sign-in-link#cus_...`` is the newest sign-in link of a customer: its generation, key, end and use;
    ``edit#evt_...`` what an edit of a customer changed, before and after.
    """

    class Meta:
        table_name = "customers"
        region = "us-east-1"

    key = OwnText(hash_key=True)
    customer_id = OwnText()
    address = PersonalText(null=True)
    first_name = PersonalText(null=True)
    last_name = PersonalText(null=True)
    identity = PersonalText(null=True)
    login_activated = BooleanAttribute(null=True)
    login_changed_by = OwnText(null=True)
    login_changed_at = UTCDateTimeAttribute(null=True)
    membership_count = NumberAttribute(null=True)
    counted_version = NumberAttribute(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    version = NumberAttribute(null=True)
    erased_at = UTCDateTimeAttribute(null=True)
    locale = PersonalText(null=True)
    other_addresses = PersonalTexts(null=True)
    unlinked: PersonalJson = PersonalJson(null=True)
    moved: PersonalJson = PersonalJson(null=True)
    generation = NumberAttribute(null=True)
    key_id = OwnText(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    used_at = UTCDateTimeAttribute(null=True)
    mail_id = PersonalText(null=True)
    mail_state = PersonalText(null=True)
    mail_at = UTCDateTimeAttribute(null=True)
    mail_reason = PersonalText(null=True)
    changes: PersonalJson = PersonalJson(null=True)
