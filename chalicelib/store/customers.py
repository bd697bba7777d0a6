"""Customers: reads by id, address and identity, and the Steps that make, bind and count."""

from collections.abc import Mapping
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer, PersonalMail, Touch
from chalicelib.domain.errors import (
    Changed,
    CustomerNotFound,
    DomainError,
    EmailTaken,
    ManagerNotFound,
    SignInNotLinked,
)
from chalicelib.domain.invitations import Delivery, DeliveryState, states_before
from chalicelib.domain.people import Actor
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import CustomerItem, Raw
from chalicelib.store.transaction import (
    Step,
    condition_check,
    delete,
    put,
    refuse_by_rule,
    refuse_with,
    update,
    without_personal,
)

_MAIL_STATES = frozenset(DeliveryState)


def key(customer_id: str) -> Key[Customer]:
    """The key of a customer."""
    return Key(CustomerItem, customer_id, None, load)


def by_address(address: Address) -> Key[str]:
    """The key under which an address is reserved; reads the customer's id."""
    return Key(CustomerItem, f"address#{address}", None, lambda raw: item(CustomerItem, raw).customer_id)


def by_identity(identity: str) -> Key[str]:
    """The key under which a sign-in is reserved; reads the customer's id."""
    return Key(CustomerItem, f"identity#{identity}", None, lambda raw: item(CustomerItem, raw).customer_id)


def load(raw: Raw) -> Customer:
    """The customer of a raw item."""
    it = item(CustomerItem, raw)
    return Customer(
        id=it.customer_id,
        address=Address(it.address),
        first_name=it.first_name or "",
        last_name=it.last_name or "",
        identity=it.identity,
        login_activated=it.login_activated,
        membership_count=int(it.membership_count),
        created_at=it.created_at,
        login_changed_by=None if it.login_changed_by is None else Actor(it.login_changed_by),
        login_changed_at=it.login_changed_at,
        version=int(it.version or 1),
        erased_at=it.erased_at,
        mail=_mail(it),
        locale=it.locale,
        other_addresses=frozenset(Address(each) for each in it.other_addresses or ()),
        counted_version=int(it.counted_version or 0),
        unlinked=_touch(it.unlinked),
        moved=_touch(it.moved),
    )


def _mail(it: CustomerItem) -> PersonalMail | None:
    if it.mail_id is None or it.mail_at is None or it.mail_state not in _MAIL_STATES:  # one that is not known is none
        return None
    return PersonalMail(it.mail_id, Delivery(DeliveryState(it.mail_state), it.mail_at, it.mail_reason))


def mail_id(event_id: str, audience: str) -> str:
    """The id of a person's mail: those of later events are greater."""
    return f"{event_id}#{audience}"


def note_mail(customer_id: str, mail: str, delivery: Delivery) -> Step:
    """Notes what became of a person's mail, unless a newer mail or a later state is known, or the person is erased."""
    earlier = [state.value for state in states_before(delivery.state)]
    newer: Condition = CustomerItem.mail_id.does_not_exist() | (CustomerItem.mail_id < mail)
    newer |= (CustomerItem.mail_id == mail) & CustomerItem.mail_state.is_in(*earlier)
    reason: Action = CustomerItem.mail_reason.remove()
    if delivery.reason is not None:
        reason = CustomerItem.mail_reason.set(delivery.reason)
    return update(
        CustomerItem(customer_id),
        [
            CustomerItem.mail_id.set(mail),
            CustomerItem.mail_state.set(delivery.state.value),
            CustomerItem.mail_at.set(delivery.at),
            reason,
        ],
        condition=CustomerItem.key.exists() & CustomerItem.erased_at.does_not_exist() & newer,
        refusal=refuse_with(Changed()),
    )


def _touch(kept: Mapping[str, str] | None) -> Touch | None:
    if kept is None:
        return None
    return Touch(Actor(kept["actor"]), kept["identity"], datetime.fromisoformat(kept["at"]))


def _kept(touch: Touch) -> dict[str, str]:
    return {"actor": touch.actor, "identity": touch.identity, "at": touch.at.isoformat()}


def create(customer: Customer) -> list[Step]:
    """Writes a new customer and reserves the address, and the identity if there is one.

    Somebody else being faster is Changed: reading again meets their customer.
    """
    new = CustomerItem(
        customer.id,
        customer_id=customer.id,
        address=customer.address,
        first_name=customer.first_name,
        last_name=customer.last_name,
        identity=customer.identity,
        login_activated=customer.login_activated,
        membership_count=customer.membership_count,
        created_at=customer.created_at,
        version=customer.version,
    )
    steps = [_put(new), _put(CustomerItem(f"address#{customer.address}", customer_id=customer.id))]
    if customer.identity:
        steps.append(_put(CustomerItem(f"identity#{customer.identity}", customer_id=customer.id)))
    return steps


def bind(customer: Customer, identity: str, *, named: Customer) -> list[Step]:
    """Binds a customer to a sign-in, once (R2); ``named`` is the same person, with what the sign-in says of names."""
    reserved = CustomerItem(f"identity#{identity}", customer_id=customer.id)
    condition = CustomerItem.key.exists() & CustomerItem.identity.does_not_exist()
    condition &= CustomerItem.address == customer.address
    actions: list[Action] = [CustomerItem.identity.set(identity)]
    if named != customer:
        condition &= _same_version(customer)
        actions += [*_names(named), CustomerItem.version.set(customer.version + 1)]

    def refusal(raw: Raw | None) -> DomainError:
        now = load(raw) if raw is not None else None
        unbind = now is not None and now.identity is None and now.address == customer.address
        return Changed() if unbind else SignInNotLinked()

    return [_put(reserved), update(CustomerItem(customer.id), actions, condition=condition, refusal=refusal)]


def switch_login(customer: Customer, *, on: bool, actor: Actor, now: datetime) -> Step:
    """Switches the login of a customer whose login and memberships, and what of them counts, are as they were read."""
    as_read = _same_version(customer) & (CustomerItem.login_activated == customer.login_activated)
    as_read &= CustomerItem.membership_count == customer.membership_count
    counted = CustomerItem.counted_version
    as_read &= counted == customer.counted_version if customer.counted_version else counted.does_not_exist()
    return update(
        CustomerItem(customer.id),
        [
            CustomerItem.login_activated.set(on),
            CustomerItem.login_changed_by.set(actor),
            CustomerItem.login_changed_at.set(now),
            CustomerItem.version.set(customer.version + 1),
        ],
        condition=as_read,
        refusal=refuse_with(Changed()),
    )


def edit(before: Customer, after: Customer, *, moved_by: Touch | None = None) -> Step:
    """Writes names, address and language of a customer who is as they were read, memberships included.

    An address that they had stays known. ``moved_by`` is who of support gives them another; that they have not
    unlinked them just now was read with the version (R67).
    """
    as_read = _same_version(before) & (CustomerItem.membership_count == before.membership_count)
    return update(
        CustomerItem(after.id),
        [
            *_names(after),
            CustomerItem.address.set(after.address),
            *([CustomerItem.other_addresses.add({before.address})] if before.address != after.address else []),
            CustomerItem.locale.remove() if after.locale is None else CustomerItem.locale.set(after.locale),
            CustomerItem.version.set(after.version),
            *([CustomerItem.moved.set(_kept(moved_by))] if moved_by else []),
        ],
        condition=as_read,
        refusal=refuse_with(Changed()),
    )


def move_address(before: Customer, address: Address) -> list[Step]:
    """Reserves the new address instead of the old one; refused with EmailTaken if somebody else has it (R1)."""
    new = CustomerItem(f"address#{address}", customer_id=before.id)
    return [
        put(new, condition=CustomerItem.key.does_not_exist(), refusal=_taken),
        delete(
            CustomerItem(f"address#{before.address}"),
            condition=CustomerItem.customer_id == before.id,
            refusal=refuse_with(Changed()),
        ),
    ]


def unbind(customer: Customer, identity: str, *, by: Touch) -> list[Step]:
    """Frees the sign-in that the customer, whose address is as it was read, is bound to (R2, R67)."""
    return [
        delete(
            CustomerItem(f"identity#{identity}"),
            condition=CustomerItem.customer_id == customer.id,
            refusal=refuse_with(Changed()),
        ),
        update(
            CustomerItem(customer.id),
            [
                CustomerItem.identity.remove(),
                CustomerItem.unlinked.set(_kept(by)),
                CustomerItem.version.set(customer.version + 1),
            ],
            condition=(CustomerItem.identity == identity) & _same_version(customer),
            refusal=refuse_with(Changed()),
        ),
    ]


def erase(before: Customer, pseudonym: Address, *, now: datetime) -> list[Step]:
    """Erases a person who manages nothing; only the id and a pseudonym stay, and what they had reserved is free."""
    as_read = _same_version(before) & (CustomerItem.membership_count == 0) & _same_others(before)
    reserved = [f"address#{before.address}", *([f"identity#{before.identity}"] if before.identity else [])]
    own: Condition = CustomerItem.customer_id == before.id
    return [
        update(
            CustomerItem(before.id),
            [
                *without_personal(CustomerItem, but=frozenset({"address"})),
                CustomerItem.address.set(pseudonym),
                CustomerItem.mail_at.remove(),
                CustomerItem.login_activated.set(False),
                CustomerItem.erased_at.set(now),
                CustomerItem.version.set(before.version + 1),
            ],
            condition=as_read,
            refusal=refuse_with(Changed()),
        ),
        *(delete(CustomerItem(each), condition=own, refusal=refuse_with(Changed())) for each in reserved),
    ]


def still_active(customer_id: str, *, otherwise: DomainError) -> Step:
    """Requires that the person's login is on."""
    on = CustomerItem.login_activated == True  # noqa: E712 -- an expression, not a comparison
    return condition_check(CustomerItem(customer_id), condition=on, refusal=refuse_with(otherwise))


def known_by(customer_id: str, address: Address, *, by_themselves: bool = False, otherwise: DomainError) -> Step:
    """Notes another address under which a person was here; they are not erased.

    Where that comes of something that they do ``by_themselves``, it also holds them to a login that is on (R3).
    """
    there = CustomerItem.key.exists() & CustomerItem.erased_at.does_not_exist()
    if by_themselves:
        there &= CustomerItem.login_activated == True  # noqa: E712 -- an expression, not a comparison
    return update(
        CustomerItem(customer_id),
        [CustomerItem.other_addresses.add({address})],
        condition=there,
        refusal=refuse_with(otherwise),
    )


def counts_as(customer: Customer) -> Step:
    """Holds a person to the login that was read, while a membership of theirs begins or ceases to count by it."""
    here, same = CustomerItem(customer.id), CustomerItem.login_activated == customer.login_activated
    if not customer.login_activated:
        return condition_check(here, condition=same, refusal=refuse_with(Changed()))
    return update(here, [CustomerItem.counted_version.add(1)], condition=same, refusal=refuse_with(Changed()))


def join_account(customer: Customer, limit: int | None, *, invited: Address | None = None) -> Step:
    """Counts one membership more (R3, R5); ``invited`` is the address that they were invited by."""
    condition = CustomerItem.login_activated == True  # noqa: E712 -- an expression, not a comparison
    if limit is not None:
        condition &= CustomerItem.membership_count < limit
    other = invited is not None and invited != customer.address
    noted = [CustomerItem.other_addresses.add({invited})] if other else []
    return update(
        CustomerItem(customer.id),
        [CustomerItem.membership_count.add(1), CustomerItem.counted_version.add(1), *noted],
        condition=condition,
        refusal=refuse_by_rule(load, lambda now: rules.can_join(now, limit), missing=Changed()),
    )


def join_by_grant(customer: Customer, limit: int | None) -> Step:
    """Counts one membership more that support has given; the login may be off, and is as it was read (R5, R31)."""
    condition: Condition = CustomerItem.login_activated == customer.login_activated
    if limit is not None:
        condition &= CustomerItem.membership_count < limit
    return update(
        CustomerItem(customer.id),
        [CustomerItem.membership_count.add(1), CustomerItem.counted_version.add(1)],
        condition=condition,
        refusal=refuse_by_rule(load, lambda now: rules.can_be_given(now, limit), missing=CustomerNotFound()),
    )


def leave_account(customer_id: str) -> Step:
    """Counts one membership less."""
    return update(
        CustomerItem(customer_id),
        [CustomerItem.membership_count.add(-1)],
        condition=CustomerItem.membership_count > 0,
        refusal=refuse_with(ManagerNotFound()),
    )


def _names(customer: Customer) -> list[Action]:
    return [CustomerItem.first_name.set(customer.first_name), CustomerItem.last_name.set(customer.last_name)]


def _same_version(customer: Customer) -> Condition:
    same: Condition = CustomerItem.version == customer.version
    if customer.version == 1:
        same |= CustomerItem.version.does_not_exist()  # made before there were versions
    return same


def _same_others(customer: Customer) -> Condition:
    if not customer.other_addresses:
        return CustomerItem.other_addresses.does_not_exist()
    return CustomerItem.other_addresses == set(customer.other_addresses)


def _taken(raw: Raw | None) -> DomainError:
    return Changed() if raw is None else EmailTaken(customer_id=item(CustomerItem, raw).customer_id)


def _put(new: CustomerItem) -> Step:
    absent: Condition = CustomerItem.key.does_not_exist()
    return put(new, condition=absent, refusal=refuse_with(Changed()))
