"""Which failure an answer of Zuora means: the category of its reason codes decides first, the HTTP status second."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen

LONGEST_WAIT = 3600.0
"""Seconds; who is told to wait longer asks again all the same: the number may be a mistake."""
LOCK = 50
AUTHENTICATION, NOT_FOUND, INTERNAL, TEMPORARY, LIMIT = 11, 40, 60, 61, 70
REFUSED, UNKNOWN = 20, 0
PERMANENT = {10, REFUSED, 21, 22, 23, 27, 30, NOT_FOUND, 45, 90}
LATER_AT_ONCE = {LOCK, TEMPORARY}  # a lock, a hiccup: the next attempt may well succeed
LATER = {INTERNAL, 99}
# The CRUD and query shapes have words for codes; a word that is not here is a refusal.
CATEGORY_OF_WORD = {
    "INVALID_SESSION": AUTHENTICATION,
    "LOCK_COMPETITION": LOCK,
    "TEMPORARY_ERROR": TEMPORARY,
    "SERVER_UNAVAILABLE": TEMPORARY,
    "UNKNOWN_ERROR": INTERNAL,
    "TRANSACTION_FAILED": INTERNAL,
    "REQUEST_EXCEEDED_LIMIT": LIMIT,
    "REQUEST_EXCEEDED_RATE": LIMIT,
}
UNAUTHORIZED, TOO_MANY = 401, 429
GATEWAY_FAILURES = {502, 503, 504}
LATER_STATUSES = {408, 409, 425}
SERVER_ERROR = 500
# With one of these a JSON answer without reasons is a refusal too; a bare 403 or 404 comes from a gateway, not Zuora.
REFUSING_STATUSES = {400, 405, 406, 413, 415, 422}


class ZuoraNotFound(Permanent):
    """Zuora knows nothing under this id: never created, or deleted there."""


class TokenRefused(Retryable):
    """The access token does not count (any more); after a second refusal, an outage like others."""


class Transient(Retryable):
    """Worth an immediate retry if the call only reads."""


class NotDone(Retryable):
    """Zuora itself says that it did not do it: nothing has changed there, and this request will change nothing."""


class NotDoneAtOnce(NotDone, Transient):
    """The same, and worth an immediate retry if the call only reads."""


class Locked(NotDoneAtOnce):
    """The account is locked by another process; says nothing about Zuora as a whole."""


@frozen
class Reason:
    """One reason of a failure, whatever the shape of the answer."""

    code: str
    message: str

    @property
    def category(self) -> int:
        """The last two digits of the code; codes in words are translated."""
        if not self.code:
            return UNKNOWN
        if self.code.isascii() and self.code.isdigit():
            return int(self.code[-2:])
        return CATEGORY_OF_WORD.get(self.code.rpartition(":")[2], REFUSED)


def reasons_of(body: object) -> list[Reason]:
    """The reasons that an answer gives: v1 and Object Query, CRUD (also in a list), query faults; else none."""
    if isinstance(body, list):
        return [reason for part in body if isinstance(part, dict) for reason in reasons_of(part)]
    if not isinstance(body, dict) or body.get("success") is True:
        return []
    found = [_reason(part, "code", "message") for part in _parts(body, "reasons")]
    found += [_reason(part, "Code", "Message") for part in _parts(body, "Errors")]
    if "FaultCode" in body:
        found.append(_reason(body, "FaultCode", "FaultMessage"))
    return found


def raise_for_reasons(reasons: list[Reason], *, status: int, headers: Mapping[str, str]) -> None:
    """Raises what the reasons mean together: a new token helps, else nothing helps, else time does."""
    if not reasons:
        return
    if status == UNAUTHORIZED or any(reason.category == AUTHENTICATION for reason in reasons):
        raise TokenRefused("Zuora refused the access token")
    for reason in reasons:
        if _is_permanent(reason, status):
            raise (ZuoraNotFound if reason.category == NOT_FOUND else Permanent)(reason.code, reason.message)
    codes = ", ".join(reason.code for reason in reasons)
    if status == TOO_MANY or any(reason.category == LIMIT for reason in reasons):
        raise NotDone(f"Zuora's limit is reached ({codes})", retry_after=_limit_ends_in(headers))
    if all(reason.category == LOCK for reason in reasons):
        raise Locked(f"The account is locked in Zuora ({codes})")
    if all(reason.category in LATER_AT_ONCE for reason in reasons):
        raise NotDoneAtOnce(f"Zuora asks to try again ({codes})")
    raise NotDone(f"Zuora failed ({codes})")


def raise_for_status(status: int, headers: Mapping[str, str], body: object) -> None:
    """Raises what the status means where the answer gives no reasons."""
    if status == UNAUTHORIZED:
        raise TokenRefused("Zuora refused the access token")
    if status == TOO_MANY:
        raise Retryable("Zuora's limit is reached", retry_after=_limit_ends_in(headers))
    if status in REFUSING_STATUSES and isinstance(body, dict):
        raise Permanent(str(status), str(body.get("message", "")))
    retry_after = _seconds(headers.get("Retry-After"))
    if status in GATEWAY_FAILURES and not retry_after:
        raise Transient(f"Zuora answered {status}")
    if not 200 <= status < 300:  # noqa: PLR2004 - success, as HTTP has it
        raise Retryable(f"Zuora answered {status}", retry_after=retry_after)


def _is_permanent(reason: Reason, status: int) -> bool:
    if reason.category in PERMANENT:
        return True
    known = reason.category in {LIMIT, *LATER, *LATER_AT_ONCE}
    later = status >= SERVER_ERROR or status in {TOO_MANY, *LATER_STATUSES}
    return not known and not later


def _parts(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = body.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _reason(part: dict[str, Any], code: str, message: str) -> Reason:
    return Reason(str(part.get(code) or ""), str(part.get(message) or ""))


def _limit_ends_in(headers: Mapping[str, str]) -> float | None:
    retry_after = _seconds(headers.get("Retry-After"))
    return _seconds(headers.get("ratelimit-reset")) if retry_after is None else retry_after


def _seconds(text: str | None) -> float | None:
    """Retry-After in either of its forms, seconds or a date, within LONGEST_WAIT; None for what is neither."""
    if text is None:
        return None
    said = text.strip()
    if said.isascii() and said.isdigit():
        return min(float(said), LONGEST_WAIT)
    with suppress(ValueError, TypeError, OverflowError, IndexError):  # not a date, or one without a time zone
        moment = parsedate_to_datetime(said)
        return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), LONGEST_WAIT)
    return None
