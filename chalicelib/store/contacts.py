"""Contacts: our copies of Zuora's, by Zuora's id."""

from pynamodb.expressions.condition import Condition

from chalicelib.domain.contacts import Contact, SyncState
from chalicelib.domain.errors import Changed
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import ContactItem, Raw
from chalicelib.store.transaction import Step, always, put


def key(contact_id: str) -> Key[Contact]:
    """The key of a contact."""
    return Key(ContactItem, contact_id, None, load)


def load(raw: Raw) -> Contact:
    """The contact of a raw item."""
    it = item(ContactItem, raw)
    return Contact(
        id=it.contact_id,
        account_id=it.account_id,
        first_name=it.first_name,
        last_name=it.last_name,
        work_email=it.work_email,
        address1=it.address1,
        address2=it.address2,
        city=it.city,
        state=it.state,
        postal_code=it.postal_code,
        country=it.country,
        sync_state=SyncState(it.sync_state),
        synced_at=it.synced_at,
        version=int(it.version),
        synced_version=int(it.synced_version),
    )


def import_(contact: Contact) -> Step:
    """Writes the copy of a contact that we do not have yet, or that has no account yet."""
    new = ContactItem(
        contact.id,
        account_id=contact.account_id,
        first_name=contact.first_name,
        last_name=contact.last_name,
        work_email=contact.work_email,
        address1=contact.address1,
        address2=contact.address2,
        city=contact.city,
        state=contact.state,
        postal_code=contact.postal_code,
        country=contact.country,
        sync_state=contact.sync_state,
        synced_at=contact.synced_at,
        version=contact.version,
        synced_version=contact.synced_version,
    )
    free: Condition = ContactItem.contact_id.does_not_exist()
    free |= ContactItem.account_id.does_not_exist()
    return put(new, condition=free, refusal=always(Changed()))
