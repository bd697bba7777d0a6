"""Zuora's answers about subscriptions, invoices and payment methods, read as tolerantly as those in answers.py."""

import logging
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, ValidationError, field_validator

from chalicelib.clients.zuora.answers import Answer, Text, none_as
from chalicelib.domain.zuora_lists import (
    InvoiceOwner,
    ZuoraCharge,
    ZuoraInvoice,
    ZuoraPaymentMethod,
    ZuoraRatePlan,
    ZuoraSegment,
    ZuoraSubscription,
)

logger = logging.getLogger(__name__)

VISIBLE_CHARACTERS = 4
_TOO_MUCH = Decimal(10) ** 18
_REMOVED = frozenset({"removedDirectly", "removedWithRatePlan", "removeDirectly", "deleteWithRatePlan"})

ItemT = TypeVar("ItemT", bound=BaseModel)
Items = Annotated[tuple[Any, ...], none_as(())]
"""The items of a list as they came: each is read by itself."""


def readable(model: type[ItemT], items: Sequence[object]) -> tuple[list[ItemT], int]:
    """Those of the items that can be read, and how many cannot; the log says which field it was."""
    found: list[ItemT] = []
    for each in items:
        try:
            found.append(model.model_validate(each))
        except ValidationError as problem:
            places = [".".join(map(str, error["loc"])) for error in problem.errors(include_input=False)]
            # no traceback, deliberately: the exception would quote the item, which may be personal
            logger.error("an item of zuora's list cannot be read as %s at %s", model.__name__, places)  # noqa: TRY400
    return found, len(items) - len(found)


def _empty_as_none(value: object) -> object:
    return None if value == "" else value


def _day(value: object) -> object:
    return value[:10] or None if isinstance(value, str) else value


Day = Annotated[date | None, BeforeValidator(_day)]
Amount = Annotated[Decimal | None, Field(gt=-_TOO_MUCH, lt=_TOO_MUCH), BeforeValidator(_empty_as_none)]
Switch = Annotated[bool | None, BeforeValidator(_empty_as_none)]


class _Segment(Answer):
    segment: int | None = None
    effective_start_date: Day = None
    effective_end_date: Day = None
    quantity: Amount = None
    status: Text = ""

    def segment_record(self) -> ZuoraSegment:
        return ZuoraSegment(self.effective_start_date, self.effective_end_date, self.quantity)


class _Charge(_Segment):
    """A charge with all of its segments, or (asked for otherwise) one that is a segment itself."""

    type: Text = ""
    name: Text = ""
    number: Text = ""
    uom: Text = ""
    product_rate_plan_charge_id: Text = ""
    product_rate_plan_charge_number: Text = ""
    charge_segments: Annotated[tuple[_Segment, ...], none_as(())] = ()

    def record(self) -> ZuoraCharge:
        segments = sorted(self.charge_segments, key=lambda each: each.effective_start_date or date.min)
        names = (
            self.name,
            self.number,
            self.uom,
            self.product_rate_plan_charge_id,
            self.product_rate_plan_charge_number,
        )
        return ZuoraCharge(
            type=self.type,
            names=tuple(name for name in names if name),
            is_removed=any(each.status in _REMOVED for each in [self, *segments[-1:]]),
            segments=tuple(each.segment_record() for each in segments or [self]),
        )


class _RatePlan(Answer):
    rate_plan_name: Text = ""
    product_name: Text = ""
    product_rate_plan_id: Text = ""
    product_rate_plan_number: Text = ""
    last_change_type: Text = ""
    rate_plan_charges: Annotated[tuple[_Charge, ...], none_as(())] = ()

    def record(self) -> ZuoraRatePlan:
        names = (self.rate_plan_name, self.product_name, self.product_rate_plan_id, self.product_rate_plan_number)
        return ZuoraRatePlan(
            name=self.rate_plan_name,
            product_name=self.product_name,
            names=tuple(name for name in names if name),
            is_removed=self.last_change_type.strip().lower() == "remove",
            charges=tuple(charge.record() for charge in self.rate_plan_charges),
        )


class SubscriptionAnswer(Answer):
    """A subscription, in a list or alone; a missing invoice owner is the account itself."""

    id: Text = ""
    subscription_number: Text = ""
    account_id: Text = ""
    account_number: Text = ""
    invoice_owner_account_id: Text = ""
    invoice_owner_account_number: Text = ""
    invoice_owner_account_name: Text = ""
    status: Text = ""
    term_type: Text = ""
    term_start_date: Day = None
    term_end_date: Day = None
    auto_renew: Switch = None
    rate_plans: Annotated[tuple[_RatePlan, ...], none_as(())] = ()

    def record(self) -> ZuoraSubscription:
        """The subscription."""
        return ZuoraSubscription(
            id=self.id,
            number=self.subscription_number,
            account_id=self.account_id,
            account_number=self.account_number,
            invoice_owner=self._invoice_owner(),
            status=self.status,
            term_type=self.term_type,
            starts_on=self.term_start_date,
            ends_on=self.term_end_date,
            auto_renew=self.auto_renew,
            rate_plans=tuple(plan.record() for plan in self.rate_plans),
            custom=self.custom(),
        )

    def _invoice_owner(self) -> InvoiceOwner | None:
        owner = InvoiceOwner(
            self.invoice_owner_account_id, self.invoice_owner_account_number, self.invoice_owner_account_name
        )
        return owner if owner.id or owner.number else None


class SubscriptionsAnswer(Answer):
    """GET /v1/subscriptions/accounts/{key}; ``nextPage`` is a URL."""

    subscriptions: Items = ()
    next_page: Text = ""


class InvoiceAnswer(Answer):
    """An invoice of Object Query, in a list or alone."""

    id: Text = ""
    invoice_number: Text = ""
    account_id: Text = ""
    invoice_date: Day = None
    due_date: Day = None
    amount: Amount = None
    balance: Amount = None
    currency: Text = ""
    status: Text = ""

    def record(self) -> ZuoraInvoice:
        """The invoice."""
        return ZuoraInvoice(
            id=self.id,
            number=self.invoice_number,
            account_id=self.account_id,
            invoice_date=self.invoice_date,
            due_date=self.due_date,
            amount=self.amount,
            balance=self.balance,
            currency=self.currency,
            status=self.status,
        )


class InvoicesAnswer(Answer):
    """GET /object-query/invoices; ``nextPage`` is a cursor."""

    data: Items = ()
    next_page: Text = ""


class _Holder(Answer):
    account_holder_name: Text = ""


class PaymentMethodAnswer(Answer):
    """One payment method, of any type."""

    id: Text = ""
    status: Text = ""
    is_default: Switch = None
    account_holder_info: _Holder | None = None
    credit_card_type: Text = ""
    card_number: Text = ""
    expiration_month: int | None = None
    expiration_year: int | None = None
    bank_name: Text = ""
    bank_account_name: Text = ""
    bank_account_type: Text = ""
    bank_account_number: Text = Field(default="", validation_alias=AliasChoices("bankAccountNumber", "accountNumber"))
    bank_routing_number: Text = Field(default="", validation_alias=AliasChoices("bankABACode", "bankCode"))

    def record(self, kind: str) -> ZuoraPaymentMethod:
        """The payment method; its type is the name of the array that it stood in."""
        holder = self.account_holder_info.account_holder_name if self.account_holder_info else ""
        return ZuoraPaymentMethod(
            id=self.id,
            type=kind,
            status=self.status,
            is_default=bool(self.is_default),
            holder=holder or self.bank_account_name,
            card_type=self.credit_card_type,
            card_number=masked(self.card_number),
            expiration_month=self.expiration_month,
            expiration_year=self.expiration_year,
            bank_name=self.bank_name,
            bank_account_type=self.bank_account_type,
            bank_account_number=masked(self.bank_account_number),
            bank_routing_number=masked(self.bank_routing_number),
        )


class PaymentMethodsAnswer(Answer):
    """GET /v1/accounts/{key}/payment-methods: one array per type, under names that no list is complete of."""

    by_type: dict[str, list[Any]]

    @field_validator("by_type", mode="before")
    @classmethod
    def _arrays_only(cls, answer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "reasons" and isinstance(value, list)}


def masked(number: str) -> str:
    """Stars for all but the last four characters."""
    visible = number[-VISIBLE_CHARACTERS:]
    return "*" * (len(number) - len(visible)) + visible
