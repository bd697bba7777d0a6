"""Maps a Zuora account and its contacts to our records."""

from datetime import datetime

from chalicelib import ids
from chalicelib.addresses import address_in
from chalicelib.domain.accounts import Account, AccountStatus, Channel, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import Contact, SyncState
from chalicelib.domain.limits import Limits
from chalicelib.domain.texts import cleaned
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.frozen import frozen


@frozen
class ZuoraFields:
    """The names of the custom account fields that are read, and the channels that mean a reseller.

    Every Zuora tenant has its own; ``resellers`` are compared in any case.
    """

    plan: str
    channel: str
    resellers: tuple[str, ...] = (Channel.RESELLER.value,)


def new_account(
    theirs: ZuoraAccount, *, channel: Channel, fields: ZuoraFields, limits: Limits, now: datetime
) -> Account:
    """A billing account of ours for a Zuora account, without managers yet."""
    plan = cleaned(str(theirs.custom.get(fields.plan) or "")).lower().replace(" ", "_") or None
    return Account(
        id=ids.account_id(now),
        zuora_account_id=theirs.id,
        account_number=theirs.number,
        name=cleaned(theirs.name),
        plan=plan,
        channel=channel,
        status=AccountStatus.CLOSED if is_cancelled(theirs) else AccountStatus.ACTIVE,
        managed_by=ManagedBy.MANAGERS,
        max_managers=limits.max_managers(plan),
        seats_used=0,
        manager_count=0,
        managing_count=0,
        admin_count=0,
        pending_count=0,
        sold_to_contact_id=theirs.sold_to.id if theirs.sold_to else None,
        bill_to_contact_id=theirs.bill_to.id if theirs.bill_to else None,
        sold_to_address=address_of(theirs.sold_to),
        bill_to_address=address_of(theirs.bill_to),
        created_at=now,
    )


def copy_of(theirs: ZuoraContact, account_id: str | None, *, now: datetime) -> Contact:
    """Our copy of a contact, all attributes taken over as they are."""
    return Contact(
        id=theirs.id,
        account_id=account_id,
        first_name=theirs.first_name,
        last_name=theirs.last_name,
        work_email=theirs.work_email,
        address1=theirs.address1,
        address2=theirs.address2,
        city=theirs.city,
        state=theirs.state,
        postal_code=theirs.postal_code,
        country=theirs.country,
        sync_state=SyncState.SYNCED,
        sync_at=now,
        sync_error=None,
        version=1,
        synced_version=1,
    )


def address_of(contact: ZuoraContact | None) -> Address | None:
    """The contact's address as we compare addresses; None when there is none that could be one."""
    return None if contact is None else address_in(contact.work_email)


def is_cancelled(theirs: ZuoraAccount) -> bool:
    """Whether Zuora takes no more changes to the account itself."""
    return theirs.status.strip().lower() in {"canceled", "cancelled"}
