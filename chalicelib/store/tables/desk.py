"""The search index, and transfers of ownership."""

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.store.tables.texts import OwnJson, OwnText, PersonalJson, PersonalText


class SearchItem(Model):
    """An entry of the search index; ``list#...`` holds the entries of one thing."""

    class Meta:
        table_name = "search"
        region = "us-east-1"

    place = OwnText(hash_key=True)
    order = PersonalText(range_key=True)
    revision = NumberAttribute(null=True)
    entries: PersonalJson = PersonalJson(null=True)


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

    key = OwnText(hash_key=True)
    transfer_id = OwnText()
    account_id = OwnText(null=True)
    state = OwnText(null=True)
    from_customer_id = OwnText(null=True)
    to_customer_id = OwnText(null=True)
    to_address = PersonalText(null=True)
    invitation_id = OwnText(null=True)
    own_invitation = BooleanAttribute(null=True)
    new_manager = OwnText(null=True)
    role = OwnText(null=True)
    proof: OwnJson = OwnJson(null=True)
    done: OwnJson = OwnJson(null=True)
    error = OwnText(null=True)
    started_by = OwnText(null=True)
    started_by_identity = OwnText(null=True)
    started_at = UTCDateTimeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    ticket_url = OwnText(null=True)
    version = NumberAttribute(null=True)
    open = OwnText(null=True)
    touched_at = UTCDateTimeAttribute(null=True)

    by_open = OpenTransfers()
