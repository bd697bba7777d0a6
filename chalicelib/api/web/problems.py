"""Refusals as HTTP: the one table from kinds of refusal to status codes, and problem+json (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import ClassVar

from chalicelib.domain.errors import Busy, DomainError, Invalid, Kind, RateLimited

STATUS: Mapping[Kind, HTTPStatus] = {
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.GONE: HTTPStatus.GONE,
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.OUTDATED: HTTPStatus.PRECONDITION_FAILED,
    Kind.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}

FieldErrors = Sequence[Mapping[str, str]]


class BadRequest(Exception):
    """A request that is wrong as HTTP, before the product comes into it."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    detail: ClassVar[str]


class MalformedJson(BadRequest):
    """The body is not JSON."""

    status, code = HTTPStatus.BAD_REQUEST, "malformed_json"
    detail = "The body is not valid JSON."


class BodyTooLarge(BadRequest):
    """The body is larger than any request of ours can be."""

    status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large"
    detail = "The body is too large."


class UnsupportedMediaType(BadRequest):
    """The body is declared as something else than JSON."""

    status, code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"
    detail = "Send the body as application/json."


class WrongFields(Exception):
    """Fields of body or query are not what they should be; ``errors`` names each."""

    def __init__(self, errors: FieldErrors) -> None:
        super().__init__("validation_failed")
        self.errors = errors


def of_domain(error: DomainError) -> tuple[HTTPStatus, dict[str, object], dict[str, str]]:
    """Status, members and headers of a refusal."""
    status = STATUS[error.kind]
    members: dict[str, object] = {"code": error.code, "detail": error.detail}
    members |= {name: _plain(value) for name, value in error.fields.items()}
    if isinstance(error, Invalid):
        members["errors"] = error.errors
    headers: dict[str, str] = {}
    if error.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, (Busy, RateLimited)):
        headers["Retry-After"] = str(ceil(error.retry_after.total_seconds()))
    return status, members, headers


def document(status: HTTPStatus, members: Mapping[str, object], request_id: str) -> str:
    """The problem as JSON text."""
    code = members["code"]
    whole = {
        "type": f"urn:billing-managers:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        **members,
        "request_id": request_id,
    }
    return json.dumps(whole)


def _plain(value: object) -> object:
    return rfc3339(value) if isinstance(value, datetime) else value


def rfc3339(moment: datetime) -> str:
    """The moment in UTC, to the millisecond, with Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
