"""Which contacts play the parts of an account, and what else of the account follows Zuora."""

from collections.abc import Mapping
from dataclasses import dataclass

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.accounts import Account, AccountStatus, Channel
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import Part
from chalicelib.domain.errors import AccountClosed, AccountNotFound, Changed, DomainError
from chalicelib.store import accounts
from chalicelib.store.tables import AccountItem, Raw
from chalicelib.store.transaction import Step, update

_ADDRESSES: Mapping[Part, UnicodeAttribute] = {
    Part.SOLD_TO: AccountItem.sold_to_address,
    Part.BILL_TO: AccountItem.bill_to_address,
}
_CONTACTS: Mapping[Part, UnicodeAttribute] = {
    Part.SOLD_TO: AccountItem.sold_to_contact_id,
    Part.BILL_TO: AccountItem.bill_to_contact_id,
}


@dataclass(frozen=True, slots=True)
class Followed:
    """What of an account is taken over from Zuora; None in a mapping: nobody plays the part."""

    name: str
    account_number: str
    closed: bool
    channel: Channel
    contact_ids: Mapping[Part, str | None]
    addresses: Mapping[Part, Address | None]


def chosen(account: Account, part: Part, address: Address | None) -> Step:
    """Notes at once whose address protects from removal (R32), under the policy that was checked.

    Refused with AccountClosed for a closed account, Changed when the part was given to somebody else meanwhile.
    """
    condition = (AccountItem.managed_by == account.managed_by.value) & _is_open()
    condition &= _as_read(_ADDRESSES[part], address_of(account, part))
    return _update(account, [_set(_ADDRESSES[part], address)], condition)


def addresses_moved(account: Account, parts: tuple[Part, ...], address: Address | None) -> Step:
    """The contact that plays these parts has another address now; Changed if the parts moved on meanwhile."""
    condition: Condition = AccountItem.key.exists()
    for part in parts:
        condition &= _as_read(_ADDRESSES[part], address_of(account, part))
    return _update(account, [_set(_ADDRESSES[part], address) for part in parts], condition)


def placed(account: Account, part: Part, contact_id: str, address: Address | None) -> Step:
    """Notes which Zuora contact plays a part, and with which address; Changed if that was noted meanwhile."""
    condition = _as_read(_CONTACTS[part], contact_of(account, part))
    return _update(account, [_CONTACTS[part].set(contact_id), _set(_ADDRESSES[part], address)], condition)


def followed(account: Account, theirs: Followed) -> Step:
    """Takes over what Zuora says of the account; Changed if it is not as it was read."""
    actions: list[Action] = [AccountItem.name.set(theirs.name), AccountItem.account_number.set(theirs.account_number)]
    if theirs.closed:
        actions.append(AccountItem.status.set(AccountStatus.CLOSED.value))
    condition: Condition = AccountItem.status == account.status.value
    if theirs.channel is not account.channel:
        actions.append(AccountItem.channel.set(theirs.channel.value))
        condition &= AccountItem.channel_is_set.does_not_exist()
    for part, contact_id in theirs.contact_ids.items():
        actions += [_set(_CONTACTS[part], contact_id), _set(_ADDRESSES[part], theirs.addresses[part])]
        condition &= _as_read(_CONTACTS[part], contact_of(account, part))
        condition &= _as_read(_ADDRESSES[part], address_of(account, part))
    return _update(account, actions, condition)


def address_of(account: Account, part: Part) -> Address | None:
    """The address of who plays the part, or is to."""
    return account.sold_to_address if part is Part.SOLD_TO else account.bill_to_address


def contact_of(account: Account, part: Part) -> str | None:
    """The Zuora contact that plays the part."""
    return account.sold_to_contact_id if part is Part.SOLD_TO else account.bill_to_contact_id


def _is_open() -> Condition:
    return AccountItem.status == AccountStatus.ACTIVE.value


def _set(attribute: UnicodeAttribute, value: str | None) -> Action:
    return attribute.remove() if value is None else attribute.set(value)


def _as_read(attribute: UnicodeAttribute, value: str | None) -> Condition:
    condition: Condition = attribute.does_not_exist() if value is None else attribute == value
    return condition


def _update(account: Account, actions: list[Action], condition: Condition) -> Step:
    def refusal(raw: Raw | None) -> DomainError:
        if raw is None:
            return AccountNotFound()
        now = accounts.load(raw)
        return AccountClosed() if now.is_closed and not account.is_closed else Changed()

    return update(AccountItem(account.id), actions, condition=condition, refusal=refusal)
