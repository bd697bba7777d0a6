"""Zuora's answers about accounts and contacts as they are in practice: nulls, numbers for texts, unknown fields."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact


def none_as(empty: object) -> BeforeValidator:
    """Reads null as the empty value of the type."""
    return BeforeValidator(lambda value: empty if value is None else value)


Text = Annotated[str, none_as("")]


class Answer(BaseModel):
    """An object in an answer; a field that is missing is empty."""

    model_config = ConfigDict(
        alias_generator=to_camel, coerce_numbers_to_str=True, defer_build=True, extra="allow", frozen=True
    )

    def custom(self) -> dict[str, object]:
        """The custom fields, as they came."""
        return {name: value for name, value in (self.model_extra or {}).items() if name.endswith("__c")}


class ContactAnswer(Answer):
    """A contact of v1 (``zipCode``) or of Object Query (``postalCode``, empty fields left out)."""

    id: Text = ""
    account_id: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    work_email: Text = ""
    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    state: Text = ""
    postal_code: Text = Field(default="", validation_alias=AliasChoices("zipCode", "postalCode"))
    country: Text = ""
    county: Text = ""
    tax_region: Text = ""

    def record(self, *, account_id: str = "") -> ZuoraContact:
        """The contact; inside of an account's answer its account is known without being said."""
        return ZuoraContact(
            id=self.id,
            account_id=self.account_id or account_id,
            first_name=self.first_name,
            last_name=self.last_name,
            work_email=self.work_email,
            address1=self.address1,
            address2=self.address2,
            city=self.city,
            state=self.state,
            postal_code=self.postal_code,
            country=self.country,
            county=self.county,
            tax_region=self.tax_region,
        )


class OneContactAnswer(ContactAnswer):
    """The answer about one contact, which must have its id."""

    id: str = Field(min_length=1)


class ContactsAnswer(Answer):
    """GET /object-query/contacts; ``nextPage`` is a cursor."""

    data: Annotated[tuple[OneContactAnswer, ...], none_as(())] = ()
    next_page: Text = ""


class _BasicInfo(Answer):
    id: str = Field(min_length=1)
    account_number: Text = ""
    name: Text = ""
    status: Text = ""


class _Payment(Answer):
    currency: Text = ""


class AccountAnswer(Answer):
    """GET /v1/accounts/{key}."""

    basic_info: _BasicInfo
    billing_and_payment: _Payment | None = None
    bill_to_contact: ContactAnswer | None = None
    sold_to_contact: ContactAnswer | None = None

    def record(self) -> ZuoraAccount:
        """The account."""
        basics = self.basic_info
        return ZuoraAccount(
            id=basics.id,
            number=basics.account_number,
            name=basics.name,
            status=basics.status,
            currency=self.billing_and_payment.currency if self.billing_and_payment else "",
            custom=basics.custom(),
            bill_to=self.bill_to_contact.record(account_id=basics.id) if self.bill_to_contact else None,
            sold_to=self.sold_to_contact.record(account_id=basics.id) if self.sold_to_contact else None,
        )
