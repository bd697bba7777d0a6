"""Ownership verification, method by method (R62)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.domain.accounts import Account, AccountStatus, Channel, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import VerificationInsufficient
from chalicelib.domain.evidence import (
    BillToApprovalWithInvoice,
    Evidence,
    LicenseText,
    Method,
    NamespaceOwner,
    PriorContract,
    RecentInvoice,
    ResellerInvoice,
    ResellerVouch,
    SoldToApproval,
    Verification,
    recorded,
)
from chalicelib.domain.people import Actor
from chalicelib.domain.verification import TABLE, Facts, Found, verify
from devstack import verification_docs

TODAY = date(2027, 3, 1)
URL = "https://tickets.example/4711#reply"
LICENSE = "eyJkYXRhIjoiTGljZW5zZSBvZiBBY21lIEx0ZCJ9\n" * 4
ACCOUNT = Account(
    id="acc_1", zuora_account_id="z1", account_number="A1", name="Acme", plan=None, channel=Channel.DIRECT,
    status=AccountStatus.ACTIVE, managed_by=ManagedBy.MANAGERS, max_managers=None, seats_used=1, manager_count=1,
    managing_count=1, admin_count=1, pending_count=0, sold_to_contact_id="c1", bill_to_contact_id="c2",
    sold_to_address=Address("sam@acme.example"), bill_to_address=Address("bill@acme.example"),
    created_at=datetime(2027, 1, 1, tzinfo=UTC),
)  # fmt: skip
SHARED = replace(ACCOUNT, bill_to_address=ACCOUNT.sold_to_address)
RESOLD = replace(ACCOUNT, channel=Channel.RESELLER)


def sold_to(who: str) -> SoldToApproval:
    return SoldToApproval(Address(who), URL)


def bill_to(who: str = "bill@acme.example", day: date = TODAY) -> BillToApprovalWithInvoice:
    return BillToApprovalWithInvoice(Address(who), URL, "INV-1", day)


def vouch(who: str = "ron@reseller.example", *, account: str = "z9", activated: bool = False) -> ResellerVouch:
    return ResellerVouch(Address(who), account, activated)


def presented(*, account: str = "z9", number: str = "INV-1") -> ResellerInvoice:
    return ResellerInvoice(Address("ron@reseller.example"), account, number, TODAY)


BOSS = Address("boss@reseller.example")
SOLD = Found(invoice=True, resold=True, owner=True, sold_to=BOSS)


def reason_of(evidence: Evidence, account: Account = ACCOUNT, found: Found = SOLD) -> str:
    """The reason why the evidence is not sufficient; empty when it is."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(evidence).__name__)
    facts = Facts(account, Address("sue@support.example"), TODAY, lambda: found)
    try:
        verify(Verification(Method(name.removeprefix("_")), evidence), facts)
    except VerificationInsufficient as refusal:
        return str(refusal.fields["reason"])
    return ""


CASES: list[tuple[Evidence, Account, str]] = [
    (sold_to("sam@acme.example"), ACCOUNT, ""),
    (sold_to("sam@acme.example"), SHARED, ""),
    (sold_to("bill@acme.example"), ACCOUNT, "only_sold_to_may_approve"),
    (sold_to("carl@acme.example"), ACCOUNT, "not_the_sold_to"),
    (sold_to("owner@support.example"), ACCOUNT, "vouched_by_staff"),
    (sold_to("sam@acme.example"), replace(ACCOUNT, sold_to_address=None), "not_the_sold_to"),
    (bill_to(), ACCOUNT, ""),
    (bill_to("sam@acme.example"), ACCOUNT, "not_the_bill_to"),
    (bill_to("owner@support.example"), ACCOUNT, "vouched_by_staff"),
    (bill_to(), RESOLD, "reseller_purchase"),
    (bill_to(day=date(2026, 2, 28)), ACCOUNT, "invoice_too_old"),
    (PriorContract(URL), RESOLD, ""),
    (RecentInvoice("INV-1", date(2026, 3, 1)), ACCOUNT, ""),
    (RecentInvoice("INV-1", date(2026, 2, 28)), ACCOUNT, "invoice_too_old"),
    (RecentInvoice("INV-1", date(2027, 3, 2)), ACCOUNT, "invoice_in_future"),
    (RecentInvoice("INV-1", TODAY), RESOLD, "reseller_purchase"),
    (LicenseText(LICENSE), ACCOUNT, ""),
    (LicenseText("https://images.example/license.png"), ACCOUNT, "screenshot"),
    (LicenseText("data:image/png;base64,iVBORw0KGgo="), ACCOUNT, "screenshot"),
    (LicenseText("Hello Sam, your activation code is as follows"), ACCOUNT, "activation_code"),
    (LicenseText("Ab3dEf6hIj9lMn2pQr5tUv8x"), ACCOUNT, "activation_code"),
    (LicenseText("eyJkYXRh"), ACCOUNT, "not_a_license"),
    (NamespaceOwner("acme", URL, checked_by_admin=True), ACCOUNT, ""),
    (NamespaceOwner("acme", URL, checked_by_admin=False), ACCOUNT, "not_checked_by_admin"),
    (vouch(), RESOLD, ""),
    (vouch(), ACCOUNT, ""),  # Zuora says that it was resold
    (presented(), RESOLD, ""),
    (presented(account="A1"), RESOLD, "reseller_is_the_account"),
    (vouch(activated=True), RESOLD, "license_activated"),
    (vouch("ron@elsewhere.example"), RESOLD, "domain_differs"),
    (vouch("ron@sub.reseller.example"), RESOLD, "domain_differs"),
    (vouch("sam@acme.example", account="z1"), RESOLD, "reseller_is_the_account"),
]


@pytest.mark.parametrize(("evidence", "account", "reason"), CASES)
def test_each_proof_is_judged_by_the_table(evidence: Evidence, account: Account, reason: str) -> None:
    """R62."""
    assert reason_of(evidence, account) == reason


IN_ZUORA: list[tuple[Evidence, Account, Found, str]] = [
    (RecentInvoice("INV-1", TODAY), ACCOUNT, Found(), "invoice_not_found"),
    (bill_to(), ACCOUNT, Found(), "invoice_not_found"),
    (vouch(), ACCOUNT, Found(), "not_a_reseller_purchase"),
    (vouch(), RESOLD, Found(), "reseller_unknown"),
    (vouch(), RESOLD, replace(SOLD, owner=False), "not_the_invoice_owner"),
    (vouch("ron@gmail.com"), RESOLD, replace(SOLD, sold_to=Address("shop@gmail.com")), "public_mail_domain"),
    (presented(), ACCOUNT, Found(), "not_a_reseller_purchase"),
    (presented(), RESOLD, replace(SOLD, owner=False), "not_the_invoice_owner"),
    (presented(), RESOLD, replace(SOLD, invoice=False), "invoice_not_found"),
]


@pytest.mark.parametrize(("evidence", "account", "found", "reason"), IN_ZUORA)
def test_what_zuora_does_not_know_proves_nothing(
    evidence: Evidence, account: Account, found: Found, reason: str
) -> None:
    """R62."""
    assert reason_of(evidence, account, found) == reason


def test_every_requirement_of_the_table_refuses_something() -> None:
    """R62: one that nothing fails would be none."""
    refused = {reason for _, _, reason in CASES} | {reason for *_, reason in IN_ZUORA}
    assert refused - {""} == {need.reason for needs in TABLE.values() for need in needs}


def test_a_year_before_a_leap_day_exists() -> None:
    """R62."""
    facts = Facts(ACCOUNT, None, date(2028, 2, 29), lambda: SOLD)
    verify(Verification(Method.RECENT_INVOICE, RecentInvoice("INV-1", date(2027, 2, 28))), facts)


def test_the_history_stores_neither_addresses_nor_licences() -> None:
    """R62, I6: what is recorded can be compared but not read."""
    kept: dict[str, Any] = {}
    for method, evidence in ((Method.SOLD_TO_APPROVAL, sold_to("sam@acme.example")),
                             (Method.LICENSE_TEXT, LicenseText(LICENSE)), (Method.RESELLER_VOUCH, vouch()),
                             (Method.RECENT_INVOICE, RecentInvoice("INV-1", TODAY))):  # fmt: skip
        kept |= recorded(
            Verification(method, evidence), lambda address: f"pseudonym of {len(address)}", agent=Actor("admin")
        )
    assert kept["approved_by_pseudonym"] == "pseudonym of 16"
    assert kept["invoice_date"] == "2027-03-01"
    assert len(kept["license_sha256"]) == 64
    assert "@" not in str(kept)
    assert LICENSE not in str(kept)


def test_the_printed_table_matches_the_code() -> None:
    """R62: `python -m devstack.verification_docs` writes the page again."""
    assert verification_docs.PAGE.read_text() == verification_docs.page()
