"""Judges a proof of ownership with what is known of the account, and of the reseller who vouches (R62)."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.clients.failures import Permanent, Retryable
from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.domain import verification as table
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import ZuoraUnavailable
from chalicelib.domain.events import Fact
from chalicelib.domain.evidence import ResellerVouch, Verification, recorded
from chalicelib.domain.people import SignedIn
from chalicelib.operations import mirror
from chalicelib.store import accounts, reading

logger = logging.getLogger(__name__)

ResellerSoldTo = Callable[[str], Address | None]
"""The Sold To address of a reseller by its Zuora account id; None when there is none."""

Pseudonym = Callable[[str], str]


def verify(
    verification: Verification,
    account: Account,
    staff: SignedIn,
    *,
    reseller_sold_to: ResellerSoldTo,
    pseudonym: Pseudonym,
    now: datetime,
) -> Mapping[str, Fact]:
    """Lets sufficient evidence pass and returns what the history keeps of it. Refuses with VerificationInsufficient.

    Only where a reseller vouches is the reseller looked up, and ZuoraUnavailable possible.
    """
    evidence, reseller = verification.evidence, None
    if isinstance(evidence, ResellerVouch) and evidence.reseller_zuora_account_id != account.zuora_account_id:
        reseller = reseller_sold_to(evidence.reseller_zuora_account_id)
    facts = table.Facts(account=account, staff=staff.address, reseller_sold_to=reseller, today=now.date())
    table.verify(verification, facts)
    return recorded(verification, pseudonym)


def sold_to_of(zuora_account_id: str, zuora: Zuora) -> Address | None:
    """The Sold To address of a Zuora account: ours if it is imported, else Zuora's. Refuses with ZuoraUnavailable."""
    known_id = reading.one(accounts.reservation(zuora_account_id))
    account = reading.one(accounts.key(known_id)) if known_id else None
    if account is not None:
        return account.sold_to_address
    try:
        return mirror.address_of(zuora.account(zuora_account_id).sold_to)
    except ZuoraNotFound:
        return None
    except (Retryable, Permanent) as error:
        logger.warning("reseller not looked up: %s", type(error).__name__)
        raise ZuoraUnavailable from error
