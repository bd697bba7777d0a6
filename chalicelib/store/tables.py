"""The tables: keys, attributes, indexes. No logic; ``docs/data-model.md`` shows them side by side.

Table names and the client come late (``connection``), so importing this touches nothing.
"""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection, LocalSecondaryIndex
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
    status = UnicodeAttribute(null=True)
    managed_by = UnicodeAttribute(null=True)
    max_managers = NumberAttribute(null=True)
    lent_seats = NumberAttribute(null=True)
    seats_used = NumberAttribute(null=True)
    manager_count = NumberAttribute(null=True)
    managing_count = NumberAttribute(null=True)
    admin_count = NumberAttribute(null=True)
    pending_count = NumberAttribute(null=True)
    sold_to_contact_id = UnicodeAttribute(null=True)
    bill_to_contact_id = UnicodeAttribute(null=True)
    sold_to_address = UnicodeAttribute(null=True)
    bill_to_address = UnicodeAttribute(null=True)
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
    created_at = UTCDateTimeAttribute(null=True)
    version = NumberAttribute(null=True)
    erased_at = UTCDateTimeAttribute(null=True)
    generation = NumberAttribute(null=True)
    key_id = UnicodeAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    used_at = UTCDateTimeAttribute(null=True)
    changes: JSONAttribute = JSONAttribute(null=True)


class PendingByAccount(LocalSecondaryIndex["InvitationItem"]):
    """The pending invitations of an account, newest last; sparse, and consistent to read."""

    class Meta:
        index_name = "pending-by-account"
        projection = AllProjection()

    account_id = UnicodeAttribute(hash_key=True)
    pending_id = UnicodeAttribute(range_key=True)


class InvitationsByAddress(GlobalSecondaryIndex["InvitationItem"]):
    """The invitations of an address, until it is scrubbed: the invitee's inbox."""

    class Meta:
        index_name = "by-address"
        projection = KeysOnlyProjection()

    address = UnicodeAttribute(hash_key=True)
    invitation_id = UnicodeAttribute(range_key=True)


class InvitationsDue(GlobalSecondaryIndex["InvitationItem"]):
    """What the schedules read, by time: the pending when they are due, the ended since when they are; sparse."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due = UnicodeAttribute(hash_key=True)
    due_at = UTCDateTimeAttribute(range_key=True)


class InvitationItem(Model):
    """``(acc_..., inv_...)`` is an invitation; ``(acc_..., address#...)`` holds an address on the account.

    The address item is what makes "one live invitation per address" and "nobody is invited who manages
    already" a key: it names the pending invitation or the manager that holds the address.
    """

    class Meta:
        table_name = "invitations"
        region = "us-east-1"

    account_id = UnicodeAttribute(hash_key=True)
    invitation_id = UnicodeAttribute(range_key=True)

    held_by_invitation = UnicodeAttribute(null=True)
    held_by_customer = UnicodeAttribute(null=True)

    kind = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    generation = NumberAttribute(null=True)
    key_id = UnicodeAttribute(null=True)
    created_at = UTCDateTimeAttribute(null=True)
    renewed_at = UTCDateTimeAttribute(null=True)
    validity = NumberAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    reminders = NumberAttribute(null=True)
    new_requested_at = UTCDateTimeAttribute(null=True)
    invited_by = UnicodeAttribute(null=True)
    inviter_id = UnicodeAttribute(null=True)
    inviter_first_name = UnicodeAttribute(null=True)
    inviter_last_name = UnicodeAttribute(null=True)
    message = UnicodeAttribute(null=True)
    locale = UnicodeAttribute(null=True)
    sent_count = NumberAttribute(null=True)
    last_sent_at = UTCDateTimeAttribute(null=True)
    delivery_state = UnicodeAttribute(null=True)
    delivery_at = UTCDateTimeAttribute(null=True)
    delivery_reason = UnicodeAttribute(null=True)
    accept_error_code = UnicodeAttribute(null=True)
    accept_error_at = UTCDateTimeAttribute(null=True)
    accepted_by = UnicodeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    decline_reason = UnicodeAttribute(null=True)
    addressed_since = NumberAttribute(null=True)

    pending_id = UnicodeAttribute(null=True)
    due = UnicodeAttribute(null=True)
    due_at = UTCDateTimeAttribute(null=True)

    pending_by_account = PendingByAccount()
    by_address = InvitationsByAddress()
    by_due = InvitationsDue()


class ContactsByAccount(GlobalSecondaryIndex["ContactItem"]):
    """The contacts of an account."""

    class Meta:
        index_name = "by-account"
        projection = KeysOnlyProjection()

    account_id = UnicodeAttribute(hash_key=True)
    contact_id = UnicodeAttribute(range_key=True)


class OutOfStep(GlobalSecondaryIndex["ContactItem"]):
    """The contacts and wishes that Zuora does not have yet or refused, by their state; sparse."""

    class Meta:
        index_name = "out-of-step"
        projection = KeysOnlyProjection()

    out_of_step = UnicodeAttribute(hash_key=True)
    contact_id = UnicodeAttribute(range_key=True)


class ContactItem(Model):
    """A Zuora contact, under Zuora's id; ``wish#acc_...#<part>`` is who is to play a part on an account.

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

    wish_of = UnicodeAttribute(null=True)
    part = UnicodeAttribute(null=True)
    wished_contact_id = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute(null=True)
    wished_at = UTCDateTimeAttribute(null=True)
    attempt = NumberAttribute(null=True)

    sent_version = NumberAttribute(null=True)
    sent_until = UTCDateTimeAttribute(null=True)
    out_of_step = UnicodeAttribute(null=True)

    changes: JSONAttribute = JSONAttribute(null=True)
    addresses = UnicodeSetAttribute(null=True)

    by_account = ContactsByAccount()
    by_state = OutOfStep()


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

    stream = UnicodeAttribute(hash_key=True)
    event_id = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    actor = UnicodeAttribute()
    subject = UnicodeAttribute()
    account_id = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute(null=True)
    data: JSONAttribute = JSONAttribute()
    outbox = UnicodeAttribute(null=True)
    relayed_at = UTCDateTimeAttribute(null=True)

    unrelayed = Unrelayed()
    by_customer = HistoryByCustomer()


class DeliveryItem(Model):
    """The record of one mail to one person for one event: claimed, then sent; kept for 30 days.

    ``<event>#recipient`` holds the address of a mail's reader that no other table holds any more.
    """

    class Meta:
        table_name = "deliveries"
        region = "us-east-1"

    delivery_id = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute()
    lease_until = UTCDateTimeAttribute(null=True)
    attempts = NumberAttribute()
    message_id = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    ttl = NumberAttribute()


class IdempotencyItem(Model):
    """What a request with an Idempotency-Key created; kept for a day."""

    class Meta:
        table_name = "idempotency"
        region = "us-east-1"

    request_id = UnicodeAttribute(hash_key=True)
    fingerprint = UnicodeAttribute()
    account_id = UnicodeAttribute()
    created_id = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute()
    ttl = NumberAttribute()


class LimitItem(Model):
    """A counter of one window; ``suppressed#...`` marks a mailbox that mails come back from."""

    class Meta:
        table_name = "limits"
        region = "us-east-1"

    limit_key = UnicodeAttribute(hash_key=True)
    used = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    ttl = NumberAttribute()


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
    role = UnicodeAttribute(null=True)
    proof: JSONAttribute = JSONAttribute(null=True)
    done: JSONAttribute = JSONAttribute(null=True)
    error = UnicodeAttribute(null=True)
    started_by = UnicodeAttribute(null=True)
    started_at = UTCDateTimeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    ticket_url = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    open = UnicodeAttribute(null=True)
    touched_at = UTCDateTimeAttribute(null=True)

    by_open = OpenTransfers()


MODELS: dict[str, type[Model]] = {
    "accounts_table": AccountItem,
    "memberships_table": MembershipItem,
    "customers_table": CustomerItem,
    "invitations_table": InvitationItem,
    "contacts_table": ContactItem,
    "history_table": HistoryItem,
    "deliveries_table": DeliveryItem,
    "idempotency_table": IdempotencyItem,
    "limits_table": LimitItem,
    "syncs_table": SyncItem,
    "search_table": SearchItem,
    "transfers_table": TransferItem,
}

Raw = dict[str, dict[str, Any]]
"""An item as DynamoDB writes it: attribute name to typed value."""
