"""What can be shown to prove that somebody may manage an account: one kind of evidence for each method (R62)."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from chalicelib.domain.addresses import Address
from chalicelib.domain.events import Fact
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen

Pseudonym = Callable[[str], str]


class Method(StrEnum):
    """The accepted ways to prove ownership; there is no other, and above all none by vouching of staff."""

    SOLD_TO_APPROVAL = "sold_to_approval"
    BILL_TO_APPROVAL_WITH_INVOICE = "bill_to_approval_with_invoice"
    PRIOR_CONTRACT = "prior_contract"
    RECENT_INVOICE = "recent_invoice"
    LICENSE_TEXT = "license_text"
    NAMESPACE_OWNER = "namespace_owner"
    RESELLER_VOUCH = "reseller_vouch"
    RESELLER_INVOICE = "reseller_invoice"


@frozen
class SoldToApproval:
    """The Sold To contact has agreed, in writing, where ``approval_url`` leads."""

    approved_by: Address
    approval_url: str


@frozen
class BillToApprovalWithInvoice:
    """The Bill To contact has agreed and has sent a recent invoice."""

    approved_by: Address
    approval_url: str
    invoice_number: str
    invoice_date: date


@frozen
class PriorContract:
    """A contract of this subscription."""

    contract_url: str


@frozen
class RecentInvoice:
    """An invoice of this account."""

    invoice_number: str
    invoice_date: date


@frozen
class LicenseText:
    """The licence that was loaded last, as text."""

    license_text: str


@frozen
class NamespaceOwner:
    """The requester owns the namespace that the subscription is attached to."""

    namespace: str
    evidence_url: str
    checked_by_admin: bool


@frozen
class ResellerVouch:
    """The reseller who sold an unactivated licence vouches for the requester."""

    requester_email: Address
    reseller_zuora_account_id: str
    license_activated: bool


@frozen
class ResellerInvoice:
    """The reseller who sold the licence, activated by now, presents their own invoice of it."""

    requester_email: Address
    reseller_zuora_account_id: str
    invoice_number: str
    invoice_date: date


Evidence = (
    SoldToApproval
    | BillToApprovalWithInvoice
    | PriorContract
    | RecentInvoice
    | LicenseText
    | NamespaceOwner
    | ResellerVouch
    | ResellerInvoice
)
CHECKED_BY_AN_AGENT = frozenset({Method.PRIOR_CONTRACT, Method.LICENSE_TEXT, Method.NAMESPACE_OWNER})
"""What no machine can check; the record says who has."""


@frozen
class Verification:
    """A method with its evidence."""

    method: Method
    evidence: Evidence


def recorded(verification: Verification, pseudonym: Pseudonym, *, agent: Actor) -> Mapping[str, Fact]:
    """What the history keeps of a proof: enough to find it again, and neither a customer's address nor a licence.

    ``checked_by`` is the agent who answers for what no machine can check.
    """
    kept: dict[str, Fact] = {"method": verification.method.value}
    if verification.method in CHECKED_BY_AN_AGENT:
        kept["checked_by"] = agent
    evidence = verification.evidence
    for name in evidence.__dataclass_fields__:
        value = getattr(evidence, name)
        if name in {"approved_by", "requester_email"}:
            kept[f"{name}_pseudonym"] = pseudonym(value)
        elif name == "license_text":
            kept["license_sha256"] = hashlib.sha256(value.encode()).hexdigest()
        else:
            kept[name] = value.isoformat() if isinstance(value, date) else value
    return kept
