"""The proof of ownership as a request carries it: one shape for each method, with nothing left out or added (R62)."""

from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from chalicelib import wiring
from chalicelib.api.web.fields import EmailAddress, RequestModel, in_words
from chalicelib.domain import evidence
from chalicelib.domain.addresses import Address
from chalicelib.domain.evidence import Evidence, Method, Verification
from chalicelib.operations.verify_ownership import Proof
from chalicelib.operations.zuora.look_up_proof import ZuoraLookUp


def _date(value: Any) -> Any:
    """A date as texts write it; pydantic would also take numbers and moments."""
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        if len(value) == len("2026-01-31"):
            return date.fromisoformat(value)
    raise ValueError("must be a date such as 2026-01-31")


EvidenceUrl = Annotated[
    str,
    Field(
        max_length=500,
        pattern=r"^https://[!-.0-?A-~]+/[!-?A-~]*$",
        description="Where it can be read; no addresses in it.",
    ),
    in_words("must be a link, https://host/path, without an e-mail address in it"),
]
Number = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$"),
    in_words("must be a number as invoices have it: letters, digits and . / _ -"),
]
Day = Annotated[date, BeforeValidator(_date)]
ZuoraId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$"), in_words("must be a Zuora account id or account number")
]


class SoldToApproval(RequestModel):
    """The Sold To contact has agreed."""

    method: Literal["sold_to_approval"]
    approved_by: EmailAddress
    approval_url: EvidenceUrl


class BillToApproval(RequestModel):
    """The Bill To contact has agreed and presents a recent invoice."""

    method: Literal["bill_to_approval_with_invoice"]
    approved_by: EmailAddress
    approval_url: EvidenceUrl
    invoice_number: Number
    invoice_date: Day


class PriorContract(RequestModel):
    """A contract of this subscription."""

    method: Literal["prior_contract"]
    contract_url: EvidenceUrl


class RecentInvoice(RequestModel):
    """An invoice of the last 12 months."""

    method: Literal["recent_invoice"]
    invoice_number: Number
    invoice_date: Day


class LicenseText(RequestModel):
    """The licence that was loaded last, as text."""

    method: Literal["license_text"]
    license_text: Annotated[str, Field(min_length=1, max_length=20_000)]


class NamespaceOwner(RequestModel):
    """The requester owns the namespace of the subscription."""

    method: Literal["namespace_owner"]
    namespace: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-?A-~]+$")]
    evidence_url: EvidenceUrl
    checked_by_admin: bool


class ResellerVouch(RequestModel):
    """The reseller who sold an unactivated licence vouches."""

    method: Literal["reseller_vouch"]
    requester_email: EmailAddress
    reseller_zuora_account_id: ZuoraId
    license_activated: bool


class ResellerInvoice(RequestModel):
    """The reseller who sold the licence presents their own invoice of it."""

    method: Literal["reseller_invoice"]
    requester_email: EmailAddress
    reseller_zuora_account_id: ZuoraId
    invoice_number: Number
    invoice_date: Day


VerificationField = Annotated[
    SoldToApproval
    | BillToApproval
    | PriorContract
    | RecentInvoice
    | LicenseText
    | NamespaceOwner
    | ResellerVouch
    | ResellerInvoice,
    Field(discriminator="method"),
]


def proof(field: VerificationField) -> Proof:
    """The proof, to be judged and looked up in Zuora."""
    return Proof(of(field), ZuoraLookUp(lambda: wiring.zuora(read_seconds=6)))


def of(field: VerificationField) -> Verification:
    """The proof as the domain knows it."""
    method = Method(field.method)
    kind = getattr(evidence, "".join(word.capitalize() for word in method.value.split("_")))
    said = field.model_dump(exclude={"method"})
    for name in ("approved_by", "requester_email"):
        if name in said:
            said[name] = Address(said[name])
    made: Evidence = kind(**said)
    return Verification(method, made)
