"""What Zuora lists of an account (subscriptions, invoices, payment methods) as records; an empty text is ``""``."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from chalicelib.frozen import frozen

ItemT = TypeVar("ItemT")

POSTED = "posted"


@frozen
class ZuoraSegment:
    """A charge over a time in which nothing about it changed; on the day on which it ends it no longer counts."""

    starts_on: date | None
    ends_on: date | None
    quantity: Decimal | None

    def is_over(self, day: date) -> bool:
        """Whether it had ended by that day."""
        return self.ends_on is not None and self.ends_on <= day

    def has_begun(self, day: date) -> bool:
        """Whether it had begun by that day."""
        return self.starts_on is None or self.starts_on <= day


@frozen
class ZuoraCharge:
    """A charge of a rate plan, with its segments in the order of time.

    ``names`` are the texts by which a setting may mean it: name, number, unit of measure, and what it was made from in
    the catalogue.
    """

    type: str
    names: Sequence[str]
    is_removed: bool
    segments: Sequence[ZuoraSegment]

    def segment_on(self, day: date) -> ZuoraSegment | None:
        """The segment that counts on that day; before its first, that one; None when the charge is over or removed."""
        rest = [each for each in self.segments if not each.is_over(day)]
        if self.is_removed or not rest:
            return None
        begun = [each for each in rest if each.has_begun(day)]
        return begun[-1] if begun else rest[0]


@frozen
class ZuoraRatePlan:
    """One product in a subscription; ``is_removed`` once it was taken out of it. ``names`` as in ZuoraCharge."""

    name: str
    product_name: str
    names: Sequence[str]
    is_removed: bool
    charges: Sequence[ZuoraCharge]


@frozen
class InvoiceOwner:
    """The account that gets the invoices of a subscription: the subscription's own, or a reseller's."""

    id: str
    number: str
    name: str


@frozen
class ZuoraSubscription:
    """A subscription of an account. ``custom`` as in ZuoraAccount.

    ``invoice_owner`` is None where the answer names none: the account itself then.
    """

    id: str
    number: str
    account_id: str
    account_number: str
    invoice_owner: InvoiceOwner | None
    status: str
    term_type: str
    starts_on: date | None
    ends_on: date | None
    auto_renew: bool | None
    rate_plans: Sequence[ZuoraRatePlan]
    custom: Mapping[str, object]

    def is_paid_by_another(self, account_id: str, account_number: str) -> bool:
        """Whether an account other than this one, which has the subscription, gets its invoices."""
        owner = self.invoice_owner
        if owner is None:
            return False
        return owner.id != account_id if owner.id else owner.number != account_number


@frozen
class ZuoraInvoice:
    """An invoice of an account; amounts are in ``currency``. ``status`` is Draft, Posted, Canceled ... as in Zuora."""

    id: str
    number: str
    account_id: str
    invoice_date: date | None
    due_date: date | None
    amount: Decimal | None
    balance: Decimal | None
    currency: str
    status: str

    @property
    def is_posted(self) -> bool:
        """Whether it was given to the customer, and not taken back: drafts and cancelled ones are nobody's debt."""
        return self.status.strip().lower() == POSTED

    @property
    def is_paid(self) -> bool:
        """Zuora has no payment status of its own: nothing left to pay means paid."""
        return self.balance == 0


@frozen
class ZuoraPaymentMethod:
    """A card (``type`` creditcard or debitcard), a bank account (ach, banktransfer) or another way to pay.

    All numbers are masked but for their last four characters, whatever Zuora sent.
    """

    id: str
    type: str
    status: str
    is_default: bool
    holder: str
    card_type: str
    card_number: str
    expiration_month: int | None
    expiration_year: int | None
    bank_name: str
    bank_account_type: str
    bank_account_number: str
    bank_routing_number: str


@frozen
class Page(Generic[ItemT]):
    """A part of a list. ``next_cursor`` asks for the next part (for subscriptions: a page number); None at the end.

    ``unreadable`` counts what stood in it and could not be read: left out, so that one item never hides the others.
    ``is_empty`` says that nothing stood in it at all.
    """

    items: Sequence[ItemT]
    next_cursor: str | None
    unreadable: int = 0
    is_empty: bool = False
