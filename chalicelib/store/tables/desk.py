"""The search index, and transfers of ownership."""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model


class SearchItem(Model):
    """An entry of the search index; ``list#...`` holds the entries of one thing."""

    class Meta:
        table_name = "search"
        region = "us-east-1"

    place = UnicodeAttribute(hash_key=True)
    order = UnicodeAttribute(range_key=True)
    revision = NumberAttribute(null=True)
    entries: JSONAttribute = JSONAttribute(null=True)


class OpenTransfers(GlobalSecondaryIndex["TransferItem"]):
    """The transfers that have not ended, the longest untouched first; sparse."""

    class Meta:
        index_name = "open"
        projection = KeysOnlyProjection()

    open = UnicodeAttribute(hash_key=True)
    touched_at = UTCDateTimeAttribute(range_key=True)


class TransferItem(Model):
    """A transfer of ownership; ``account#acc_...`` names the one that is under way on an account."""

    class Meta:
        table_name = "transfers"
        region = "us-east-1"

    key = UnicodeAttribute(hash_key=True)
    transfer_id = UnicodeAttribute()
    account_id = UnicodeAttribute(null=True)
    state = UnicodeAttribute(null=True)
    from_customer_id = UnicodeAttribute(null=True)
    to_customer_id = UnicodeAttribute(null=True)
    to_address = UnicodeAttribute(null=True)
    invitation_id = UnicodeAttribute(null=True)
    own_invitation = BooleanAttribute(null=True)
    new_manager = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    proof: JSONAttribute = JSONAttribute(null=True)
    done: JSONAttribute = JSONAttribute(null=True)
    error = UnicodeAttribute(null=True)
    started_by = UnicodeAttribute(null=True)
    started_by_identity = UnicodeAttribute(null=True)
    started_at = UTCDateTimeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    ticket_url = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    open = UnicodeAttribute(null=True)
    touched_at = UTCDateTimeAttribute(null=True)

    by_open = OpenTransfers()
