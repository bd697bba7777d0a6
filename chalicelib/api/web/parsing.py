"""Parsing: what a request says, checked, in the types that views take."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from chalice.app import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from chalicelib.api.web.fields import AllowMultiple
from chalicelib.api.web.problems import BadRequest, BodyTooLarge, MalformedJson, UnsupportedMediaType, WrongFields
from chalicelib.domain.errors import (
    AccountNotFound,
    ContactNotFound,
    CustomerNotFound,
    DomainError,
    Invalid,
    InvitationNotFound,
    ManagerNotFound,
    TransferNotFound,
)
from chalicelib.domain.people import SignedIn
from chalicelib.store import idempotency

Body = TypeVar("Body", bound=BaseModel)

LARGEST_BODY = 64 * 1024
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')
_UNKNOWN_ID: Mapping[str, type[DomainError]] = {
    "account_id": AccountNotFound,
    "contact_id": ContactNotFound,
    "customer_id": CustomerNotFound,
    "invitation_id": InvitationNotFound,
    "manager_id": ManagerNotFound,
    "transfer_id": TransferNotFound,
}


def is_id(text: str) -> bool:
    """Whether the text could be an id of ours at all."""
    return _ID.fullmatch(text) is not None


def refuse_strange_ids(parameters: Mapping[str, str]) -> None:
    """What cannot be an id is an unknown one, and need not be looked up."""
    for name, value in parameters.items():
        if not is_id(value):
            raise _UNKNOWN_ID[name]


def raw_body_of(request: Request) -> bytes:
    """The body as it came."""
    raw = request.raw_body
    return raw if isinstance(raw, bytes) else raw.encode()


def body_of(model: type[Body], request: Request, *, may_be_left_out: bool) -> Body:
    """The body as the model. Raises BodyTooLarge, UnsupportedMediaType, MalformedJson, WrongFields."""
    raw = request.raw_body or (b"{}" if may_be_left_out else b"")
    if len(raw) > LARGEST_BODY:
        raise BodyTooLarge
    declared = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if declared != "application/json":
        raise UnsupportedMediaType
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise wrong(error, raw) from None


def query_of(model: type[Body], request: Request) -> Body:
    """The query as the model; a parameter may come twice only where the model says so. Raises WrongFields."""
    given = request.query_params
    fields = model.model_fields
    values: dict[str, Any] = {}
    for name in given or ():
        texts = [] if given is None else given.getlist(name)
        repeatable = name in fields and any(isinstance(each, AllowMultiple) for each in fields[name].metadata)
        if len(texts) > 1 and not repeatable:
            raise WrongFields([{"field": name, "message": "is given more than once"}])
        values[name] = texts if repeatable else texts[0]
    said = json.dumps(values)
    try:
        return model.model_validate_json(said)
    except ValidationError as error:
        wrong_fields = wrong(error, said.encode())
        if isinstance(wrong_fields, WrongFields):  # a parameter that may come twice has no places in it
            whole = [{**each, "field": each["field"].partition(".")[0]} for each in wrong_fields.errors]
            raise WrongFields(whole) from None
        raise wrong_fields from None


def wrong(error: ValidationError, raw: bytes | str) -> BadRequest | WrongFields:
    """What is wrong with a body, as the refusal: that it is no JSON, or which fields, as the caller names them."""
    found = error.errors(include_url=False, include_input=False)
    if any(each["type"] == "json_invalid" for each in found):
        return MalformedJson()
    said = from_json(raw)
    return WrongFields(
        [
            {
                "field": each.get("ctx", {}).get("field") or _path(each["loc"], said, each["type"]),
                "message": each["msg"].removeprefix("Value error, "),
            }
            for each in found
        ]
    )


def _path(places: Sequence[str | int], said: Any, kind: str) -> str:
    """Where in the body it is. Pydantic names the branches of a union too, which nobody has sent: they are left out."""
    path: list[str] = []
    for place in places:
        inside: dict[Any, Any] = said if isinstance(said, dict) else {}
        if isinstance(said, list):
            inside = dict(enumerate(said))
        if place in inside:
            said = inside[place]
        elif kind != "missing" or place != places[-1]:
            continue
        path.append(str(place))
    return ".".join(path)


def version_of(request: Request) -> int | None:
    """The version that If-Match names, bare or in quotes; None without one, and for ``*``."""
    said = request.headers.get("if-match")
    if said is None or said.strip() == "*":
        return None
    found = _VERSION.fullmatch(said.strip())
    if found is None:
        raise Invalid("If-Match", "must be the version of the thing, as its ETag says")
    return int(found[1])


def repeatable_of(
    route: tuple[str, str], request: Request, who: SignedIn | None, arguments: Mapping[str, Any]
) -> idempotency.IdempotentRequest | None:
    """The request under its Idempotency-Key, bound to caller, route and content; None without a key (R26)."""
    key = request.headers.get("idempotency-key")
    if key is None or who is None:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise Invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    said = {name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
            for name, value in arguments.items()}  # fmt: skip
    return idempotency.IdempotentRequest(
        id=_digest(who.identity, *route, key),
        fingerprint=_digest(json.dumps(said, sort_keys=True)),
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
