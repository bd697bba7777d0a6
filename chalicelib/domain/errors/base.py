"""What all refusals have in common, and those that any request may get."""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import ClassVar


class Kind(Enum):
    """The sorts of refusal."""

    UNAUTHENTICATED = auto()
    FORBIDDEN = auto()
    NOT_FOUND = auto()
    CONFLICT = auto()
    GONE = auto()
    INVALID = auto()
    OUTDATED = auto()
    LIMITED = auto()
    UNAVAILABLE = auto()


class DomainError(Exception):
    """A refusal. ``detail`` is for a person, ``code`` for programs."""

    kind: ClassVar[Kind]
    code: ClassVar[str]
    detail: str = ""

    def __init__(self, **fields: str | int | datetime | None) -> None:
        super().__init__(self.code)
        self.fields = fields


class VersionConflict(DomainError):
    """Somebody else has changed it since it was read (If-Match)."""

    kind, code = Kind.OUTDATED, "version_conflict"
    detail = "This was changed by someone else in the meantime. Reload it and try again."

    def __init__(self, *, version: int) -> None:
        super().__init__(version=version)


class RateLimited(DomainError):
    """Too often; the same request is fine again after ``retry_after`` (R23, R24)."""

    kind, code = Kind.LIMITED, "rate_limited"
    detail = "Too many requests. Try again later."

    def __init__(self, detail: str, *, retry_after: timedelta) -> None:
        super().__init__()
        self.detail = detail
        self.retry_after = retry_after


class IdempotencyKeyReused(DomainError):
    """The key was used for another request (R26)."""

    kind, code = Kind.INVALID, "idempotency_key_reused"
    detail = "This Idempotency-Key was used for a request with another body."


class Invalid(DomainError):
    """The request is understood, but a field's content cannot be."""

    kind, code = Kind.INVALID, "validation_failed"
    detail = "Some fields are invalid."

    def __init__(self, field: str, message: str) -> None:
        super().__init__()
        self.errors = [{"field": field, "message": message}]


class Busy(DomainError):
    """Too many people change the same thing at once, or the database does not answer."""

    kind, code = Kind.UNAVAILABLE, "busy"
    detail = "The service is busy. Try again in a moment."

    def __init__(self, *, retry_after: timedelta = timedelta(seconds=2)) -> None:
        super().__init__()
        self.retry_after = retry_after


class Changed(Busy):
    """Something changed between reading and writing; reading again gives the right answer."""


class Unreadable(Busy):
    """An item that this version cannot read: a newer version wrote it, or it is broken."""


class ZuoraUnavailable(Busy):
    """Zuora does not answer, or not now."""

    code = "zuora_unavailable"
    detail = "Zuora does not answer at the moment. Nothing was changed; try again later."

    def __init__(self, *, retry_after: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(retry_after=retry_after)
