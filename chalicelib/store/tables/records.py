"""Deliveries, idempotency records, and counters of quotas."""

from pynamodb.attributes import (
    NumberAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model

from chalicelib.store.tables.texts import OwnText, PersonalText


class DeliveryItem(Model):
    """The record of one mail to one person for one event: claimed, then sent; kept for 30 days.

    ``<event>#recipient`` holds the address of a mail's reader that no other table holds any more.
    """

    class Meta:
        table_name = "deliveries"
        region = "us-east-1"

    delivery_id = OwnText(hash_key=True)
    state = OwnText()
    lease_until = UTCDateTimeAttribute(null=True)
    attempts = NumberAttribute()
    message_id = OwnText(null=True)
    reason = OwnText(null=True)
    address = PersonalText(null=True)
    ttl = NumberAttribute()


class IdempotencyItem(Model):
    """What a request with an Idempotency-Key created; kept for a day."""

    class Meta:
        table_name = "idempotency"
        region = "us-east-1"

    request_id = OwnText(hash_key=True)
    fingerprint = OwnText()
    account_id = OwnText()
    created_id = OwnText()
    expires_at = UTCDateTimeAttribute()
    ttl = NumberAttribute()


class LimitItem(Model):
    """A counter of one window; ``suppressed-address#...`` marks an address that mails bounce from."""

    class Meta:
        table_name = "limits"
        region = "us-east-1"

    limit_key = OwnText(hash_key=True)
    used = NumberAttribute(null=True)
    reason = OwnText(null=True)
    ttl = NumberAttribute()
