"""The history, which is the outbox too."""

from pynamodb.attributes import (
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.store.tables.texts import OwnJson, OwnText


class Unrelayed(GlobalSecondaryIndex["HistoryItem"]):
    """Events that have not reached their queues yet, oldest first; sparse."""

    class Meta:
        index_name = "unrelayed"
        projection = KeysOnlyProjection()

    outbox = UnicodeAttribute(hash_key=True)
    event_id = UnicodeAttribute(range_key=True)


class HistoryByCustomer(GlobalSecondaryIndex["HistoryItem"]):
    """The events that concern a customer, whatever their stream."""

    class Meta:
        index_name = "by-customer"
        projection = AllProjection()

    customer_id = UnicodeAttribute(hash_key=True)
    event_id = UnicodeAttribute(range_key=True)


class HistoryItem(Model):
    """An event, under its stream. Only ``outbox`` and ``relayed_at`` ever change."""

    class Meta:
        table_name = "history"
        region = "us-east-1"

    stream = OwnText(hash_key=True)
    event_id = OwnText(range_key=True)
    type = OwnText()
    at = UTCDateTimeAttribute()
    actor = OwnText()
    subject = OwnText()
    account_id = OwnText(null=True)
    customer_id = OwnText(null=True)
    data: OwnJson = OwnJson()
    outbox = OwnText(null=True)
    relayed_at = UTCDateTimeAttribute(null=True)

    unrelayed = Unrelayed()
    by_customer = HistoryByCustomer()
