"""Ownership verification: the table of methods, and what each kind of evidence must show (R62).

``TABLE`` is what decides and what ``docs/verification.md`` is printed from; nothing about it is said elsewhere.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.addresses import PUBLIC_MAIL, Address, mailbox
from chalicelib.domain.errors import VerificationInsufficient
from chalicelib.domain.evidence import Method, Verification
from chalicelib.frozen import frozen


@frozen
class Found:
    """What Zuora says of the evidence.

    ``invoice``: the invoice with that number and date is posted, and of the account that it is said to be of.
    ``resold``: some subscription of the account has another account as invoice owner; ``owner``: the reseller is one.
    ``sold_to`` is the reseller's Sold To address, None when there is no such account or it has no usable address.
    """

    invoice: bool = False
    resold: bool = False
    owner: bool = False
    sold_to: Address | None = None


@frozen
class Facts:
    """What is known when the evidence is judged.

    ``staff`` is the person of support who presents it, ``is_house`` tells addresses of our own company. ``found`` is
    what Zuora says of the evidence; it is asked for once everything else is as it has to be.
    """

    account: Account
    staff: Address | None
    today: date
    found: Callable[[], Found]
    is_house: Callable[[Address], bool] = lambda _address: False

    @property
    def contacts_differ(self) -> bool:
        """Whether Sold To and Bill To are different people."""
        return self.account.sold_to_address != self.account.bill_to_address

    @property
    def is_reseller_purchase(self) -> bool:
        """Whether a reseller sold this, and so has the invoices."""
        return self.account.channel is Channel.RESELLER


@frozen
class Need:
    """One requirement for the evidence. ``reason`` is the code of its refusal, ``says`` the rule in words."""

    reason: str
    says: str
    holds: Callable[[Any, Facts], bool]


_PICTURE = re.compile(r"^\s*(data:image/|https?://\S+\s*$)|\.(png|jpe?g|gif|webp|heic|pdf)\s*$", re.IGNORECASE)
_ACTIVATION = re.compile(r"activation[\s_-]*code|cloud[\s_-]*activation|^\s*[A-Za-z0-9]{24}\s*$", re.IGNORECASE)
_SHORTEST_LICENSE = 20


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _not_staff(evidence: Any, facts: Facts) -> bool:
    """The person who approves is the contact, or at least nobody of our own company; and never the agent in person."""
    if facts.is_house(evidence.approved_by):
        return False
    if facts.staff is not None and mailbox(evidence.approved_by) == mailbox(facts.staff):
        return False
    contacts = {facts.account.sold_to_address, facts.account.bill_to_address}
    if evidence.approved_by in contacts or facts.staff is None:
        return True
    return _domain(evidence.approved_by) != _domain(facts.staff)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - 1, day=28)


_NOT_STAFF = Need("vouched_by_staff", "Nobody of our own staff vouches for a customer.", _not_staff)
_NO_RESELLER = Need(
    "reseller_purchase",
    "The account did not buy through a reseller: there the invoices are the reseller's, who can present one.",
    lambda _evidence, facts: not facts.is_reseller_purchase,
)
_NOT_IN_FUTURE = Need(
    "invoice_in_future",
    "The invoice is not dated in the future.",
    lambda evidence, facts: evidence.invoice_date <= facts.today,
)
_RECENT = Need(
    "invoice_too_old",
    "The invoice is from the last 12 months.",
    lambda evidence, facts: evidence.invoice_date >= _year_before(facts.today),
)

_POSTED = Need(
    "invoice_not_found",
    "Zuora has a posted invoice of the account with this number and this date.",
    lambda _evidence, facts: facts.found().invoice,
)
_ANOTHER_ACCOUNT = Need(
    "reseller_is_the_account",
    "The reseller's Zuora account is another one than the customer's.",
    lambda evidence, facts: (
        evidence.reseller_zuora_account_id not in {facts.account.zuora_account_id, facts.account.account_number}
    ),
)
_OF_THE_RESELLER = (
    Need(
        "not_a_reseller_purchase",
        "The account bought through a reseller.",
        lambda _evidence, facts: facts.is_reseller_purchase or facts.found().resold,
    ),
    Need(
        "reseller_unknown",
        "The reseller's account exists and has a Sold To contact with an address.",
        lambda _evidence, facts: facts.found().sold_to is not None,
    ),
    Need(
        "not_the_invoice_owner",
        "Zuora names the reseller's account as invoice owner of a subscription of this account.",
        lambda _evidence, facts: facts.found().owner,
    ),
    Need(
        "public_mail_domain",
        "The reseller's domain is their own: an address at a public mail service proves nothing.",
        lambda _evidence, facts: _domain(facts.found().sold_to or "") not in PUBLIC_MAIL,
    ),
    Need(
        "domain_differs",
        "The requester writes from the domain of the reseller's Sold To contact.",
        lambda evidence, facts: _domain(evidence.requester_email) == _domain(facts.found().sold_to or ""),
    ),
)

TABLE: Mapping[Method, tuple[Need, ...]] = {
    Method.SOLD_TO_APPROVAL: (
        _NOT_STAFF,
        Need(
            "only_sold_to_may_approve",
            "Where Sold To and Bill To differ, the Bill To's approval alone is not enough.",
            lambda evidence, facts: (
                not (facts.contacts_differ and evidence.approved_by == facts.account.bill_to_address)
            ),
        ),
        Need(
            "not_the_sold_to",
            "Who approves is the account's Sold To contact.",
            lambda evidence, facts: evidence.approved_by == facts.account.sold_to_address,
        ),
    ),
    Method.BILL_TO_APPROVAL_WITH_INVOICE: (
        _NOT_STAFF,
        Need(
            "not_the_bill_to",
            "Who approves is the account's Bill To contact.",
            lambda evidence, facts: evidence.approved_by == facts.account.bill_to_address,
        ),
        _NO_RESELLER,
        _NOT_IN_FUTURE,
        _RECENT,
        _POSTED,
    ),
    Method.PRIOR_CONTRACT: (),
    Method.RECENT_INVOICE: (_NO_RESELLER, _NOT_IN_FUTURE, _RECENT, _POSTED),
    Method.LICENSE_TEXT: (
        Need(
            "screenshot",
            "The licence comes as text, not as a picture or a link.",
            lambda evidence, _facts: _PICTURE.search(evidence.license_text) is None,
        ),
        Need(
            "activation_code",
            "It is the licence itself, not an activation code or the mail with one.",
            lambda evidence, _facts: _ACTIVATION.search(evidence.license_text) is None,
        ),
        Need(
            "not_a_license",
            "It is the whole text; a few characters prove nothing.",
            lambda evidence, _facts: len(evidence.license_text.strip()) >= _SHORTEST_LICENSE,
        ),
    ),
    Method.NAMESPACE_OWNER: (
        Need(
            "not_checked_by_admin",
            "An administrator has compared what the requester sent with the namespace's own data.",
            lambda evidence, _facts: evidence.checked_by_admin,
        ),
    ),
    Method.RESELLER_VOUCH: (
        Need(
            "license_activated",
            "The licence is not activated yet; afterwards the reseller presents an invoice.",
            lambda evidence, _facts: not evidence.license_activated,
        ),
        _ANOTHER_ACCOUNT,
        *_OF_THE_RESELLER,
    ),
    Method.RESELLER_INVOICE: (_NOT_IN_FUTURE, _RECENT, _ANOTHER_ACCOUNT, *_OF_THE_RESELLER, _POSTED),
}
"""What the evidence of each method must show, in the order in which it is asked."""


def verify(verification: Verification, facts: Facts) -> None:
    """Lets complete evidence pass. Refuses with VerificationInsufficient and the reason of the first unmet need."""
    for need in TABLE[verification.method]:
        if not need.holds(verification.evidence, facts):
            raise VerificationInsufficient(reason=need.reason, says=need.says)
