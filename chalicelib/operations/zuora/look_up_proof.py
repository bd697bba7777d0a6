"""Asks Zuora about the evidence of a proof of ownership (R62)."""

import logging
from collections.abc import Callable
from dataclasses import field
from datetime import date

from chalicelib.addresses import address_in
from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import ZuoraUnavailable
from chalicelib.domain.evidence import (
    BillToApprovalWithInvoice,
    Evidence,
    RecentInvoice,
    ResellerInvoice,
    ResellerVouch,
)
from chalicelib.domain.verification import Found
from chalicelib.domain.zuora_lists import ZuoraSubscription
from chalicelib.domain.zuora_records import ZuoraAccount
from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen

logger = logging.getLogger(__name__)

_PAGE_SIZE = 40


@frozen
class ZuoraLookUp:
    """Asks Zuora, within the deadline of the request. A request has one, and asks about the same thing once."""

    connect: Callable[[], Zuora]
    known: dict[str, Found] = field(default_factory=dict)

    def __call__(self, evidence: Evidence, account: Account) -> Found:
        """What Zuora says of the evidence. Refuses with ZuoraUnavailable."""
        if account.id not in self.known:  # an operation that reads again does not ask again
            try:
                self.known[account.id] = self._found(evidence, account)
            except (Retryable, Permanent) as error:
                logger.warning("proof not looked up: %s", type(error).__name__)
                raise ZuoraUnavailable from error
        return self.known[account.id]

    def _found(self, evidence: Evidence, account: Account) -> Found:
        match evidence:
            case RecentInvoice() | BillToApprovalWithInvoice():
                return Found(invoice=self._posted(account.zuora_account_id, evidence))
            case ResellerVouch() | ResellerInvoice():
                return self._of_reseller(evidence, account)
        return Found()

    def _posted(self, zuora_account_id: str, said: RecentInvoice | BillToApprovalWithInvoice | ResellerInvoice) -> bool:
        invoice = self.connect().invoice(zuora_account_id, said.invoice_number)
        dated: date | None = invoice.invoice_date if invoice is not None and invoice.is_posted else None
        return dated == said.invoice_date

    def _of_reseller(self, evidence: ResellerVouch | ResellerInvoice, account: Account) -> Found:
        try:
            reseller = self.connect().account(evidence.reseller_zuora_account_id)
        except ZuoraNotFound:
            return Found(resold=bool(self._owners(account)))
        owners = self._owners(account)
        is_owner = any(_is(reseller, each) for each in owners)
        invoice = is_owner and isinstance(evidence, ResellerInvoice) and self._posted(reseller.id, evidence)
        sold_to = address_in(reseller.sold_to.work_email) if reseller.sold_to else None
        return Found(invoice, bool(owners), is_owner, sold_to)

    def _owners(self, account: Account) -> list[ZuoraSubscription]:
        """The subscriptions of the account that another account pays for."""
        found: list[ZuoraSubscription] = []
        page: int | None = 1
        while page is not None:
            part = self.connect().subscriptions(account.zuora_account_id, page=page, page_size=_PAGE_SIZE)
            found += [
                each for each in part.items if each.is_paid_by_another(account.zuora_account_id, account.account_number)
            ]
            page = page + 1 if part.next_cursor and not part.is_empty else None
        return found


def _is(reseller: ZuoraAccount, subscription: ZuoraSubscription) -> bool:
    owner = subscription.invoice_owner
    if owner is None:
        return False
    return owner.id == reseller.id if owner.id else owner.number == reseller.number
