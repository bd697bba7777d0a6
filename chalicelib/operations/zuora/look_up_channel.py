"""Looks up through which channel an account was sold (R58)."""

from chalicelib.clients.zuora import Zuora
from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.zuora_records import ZuoraAccount
from chalicelib.operations.zuora.zuora_mapping import ZuoraFields

A_PAGE, MOST_PAGES = 40, 10
"""Of subscriptions, where it is looked who gets the invoices."""


def channel_of(theirs: ZuoraAccount, *, fields: ZuoraFields, zuora: Zuora) -> Channel:
    """Who sold to the customer: a reseller by the channel field, or one that gets the invoices of a subscription (R58).

    Zuora is asked for the subscriptions only where the field does not decide. Raises Retryable or Permanent.
    """
    said = str(theirs.custom.get(fields.channel) or "").strip().casefold()
    if said in {each.strip().casefold() for each in fields.resellers}:
        return Channel.RESELLER
    following, page = "1", 0
    while following and page < MOST_PAGES:
        page = int(following)
        found = zuora.subscriptions(theirs.id, page=page, page_size=A_PAGE)
        if any(each.is_paid_by_another(theirs.id, theirs.number) for each in found.items):
            return Channel.RESELLER
        following = "" if found.is_empty else found.next_cursor or ""
    return Channel.DIRECT


def channel_now(account: Account, theirs: ZuoraAccount, *, fields: ZuoraFields | None, zuora: Zuora) -> Channel:
    """The channel of an account of ours: as support has set it, else as Zuora says now; nobody without fields asks."""
    if fields is None or account.channel_is_set:
        return account.channel
    return channel_of(theirs, fields=fields, zuora=zuora)
