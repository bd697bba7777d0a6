"""The Sold To and Bill To of an account, who is protected as one, and what else of the account follows Zuora."""

from collections.abc import Mapping

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.accounts import Account, AccountStatus, Channel
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.errors import AccountClosed, AccountNotFound, Busy, Changed, DomainError
from chalicelib.frozen import frozen
from chalicelib.store import accounts
from chalicelib.store.accounts import ADDRESSES, CONTACTS, NEXT, Protected
from chalicelib.store.tables import AccountItem, Raw
from chalicelib.store.transaction import Step, update


@frozen
class Plays:
    """Which contact plays a part, None for nobody, and whose addresses protect from removal for it."""

    contact_id: str | None
    protected: Protected


@frozen
class Followed:
    """What of an account is taken over from Zuora."""

    name: str
    account_number: str
    closed: bool
    channel: Channel
    parts: Mapping[ContactRole, Plays]


def choose(account: Account, part: ContactRole, addresses: frozenset[Address]) -> Step:
    """Notes at once who else is protected from removal now (R32), under the policy that was checked.

    Refused with AccountClosed for a closed account, Changed when somebody else was chosen meanwhile.
    """
    condition = (AccountItem.managed_by == account.managed_by.value) & _is_open()
    condition &= accounts.same_next(account, part)
    return _update(account, [accounts.set_addresses(NEXT[part], addresses)], condition)


def await_choice(account: Account, after: Mapping[ContactRole, frozenset[Address]]) -> Step:
    """Notes who may become what; Changed if the parts are not as they were read."""
    actions = [accounts.set_addresses(NEXT[part], addresses) for part, addresses in after.items()]
    return _update(account, actions, _as_read(account, after))


def settle(account: Account, after: Mapping[ContactRole, Protected]) -> Step:
    """Zuora has, or refuses, what was edited in the contact of these parts; Busy if they are not as they were read."""
    actions: list[Action] = []
    for part, who in after.items():
        actions += [accounts.set_text(ADDRESSES[part], who.address), accounts.set_addresses(NEXT[part], who.next)]
    return _update(account, actions, _as_read(account, after), otherwise=Busy())


def place(account: Account, part: ContactRole, plays: Plays) -> Step:
    """Notes who plays a part in Zuora; Changed if the part is not as it was read."""
    return _update(account, _plays(part, plays), accounts.same_part(account, part))


def refuse(account: Account, part: ContactRole, left: frozenset[Address]) -> Step:
    """Zuora refused a choice permanently: only ``left`` may still get the role. Changed if it is not as it was read."""
    return _update(account, [accounts.set_addresses(NEXT[part], left)], accounts.same_part(account, part))


def follow_zuora(account: Account, theirs: Followed) -> Step:
    """Takes over what Zuora says of the account; Changed if it is not as it was read."""
    actions: list[Action] = [AccountItem.name.set(theirs.name), AccountItem.account_number.set(theirs.account_number)]
    if theirs.closed:
        actions.append(AccountItem.status.set(AccountStatus.CLOSED.value))
    condition: Condition = AccountItem.status == account.status.value
    if theirs.channel is not account.channel:
        actions.append(AccountItem.channel.set(theirs.channel.value))
        condition &= AccountItem.channel_is_set.does_not_exist()
    for part, plays in theirs.parts.items():
        actions += _plays(part, plays)
        condition &= accounts.same_part(account, part)
    return _update(account, actions, condition)


def _plays(part: ContactRole, plays: Plays) -> list[Action]:
    return [
        accounts.set_text(CONTACTS[part], plays.contact_id),
        accounts.set_text(ADDRESSES[part], plays.protected.address),
        accounts.set_addresses(NEXT[part], plays.protected.next),
    ]


def _as_read(account: Account, parts: Mapping[ContactRole, object]) -> Condition:
    condition: Condition = AccountItem.key.exists()
    for part in parts:
        condition &= accounts.same_part(account, part)
    return condition


def _is_open() -> Condition:
    return AccountItem.status == AccountStatus.ACTIVE.value


def _update(
    account: Account, actions: list[Action], condition: Condition, *, otherwise: DomainError | None = None
) -> Step:
    def refusal(raw: Raw | None) -> DomainError:
        if raw is None:
            return AccountNotFound()
        now = accounts.load(raw)
        return AccountClosed() if now.is_closed and not account.is_closed else otherwise or Changed()

    return update(AccountItem(account.id), actions, condition=condition, refusal=refusal)
