"""The OpenAPI 3.1 document, made from what @endpoint knows of every route."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Final

from pydantic import BaseModel, RootModel
from pydantic.json_schema import models_json_schema

from chalicelib.api.web.answers import Problem
from chalicelib.api.web.http import ROUTES, SUPPORT, Route, SignIn
from chalicelib.api.web.problems import STATUS, BadRequest, BodyTooLarge, MalformedJson, UnsupportedMediaType
from chalicelib.domain.errors import (
    Busy,
    DomainError,
    LoginDeactivated,
    SignInNotLinked,
    Unauthenticated,
    VersionConflict,
)

OpenApi = RootModel[dict[str, Any]]
"""The document as an answer."""

_REF: Final = "#/components/schemas/{model}"
_TITLE: Final = "Billing managers"
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_HEADERS: Final = {
    "X-Request-Id": {"description": "Names this request in our logs.", "required": True, "schema": {"type": "string"}},
}
_TAGS: Final = (
    "me", "accounts", "managers", "invitations", "invitees", "contacts", "billing", "history",
    "support", "portal", "callouts", "service",
)  # fmt: skip
"""In the order of the document: what a signed-in person calls, then support, then machines."""
_SECONDS: Final = {"type": "integer", "minimum": 1}
_MORE_HEADERS: Final[Mapping[HTTPStatus, Mapping[str, Any]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": {"required": True, "schema": _SECONDS}},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": {"required": True, "schema": _SECONDS}},
}
_CREATED: Final = {
    "Location": {"description": "Where it is, if it has a place of its own.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "This repeats the answer to an earlier request with the same key.", "schema": {"const": "true"},
    },
}  # fmt: skip


def document() -> dict[str, Any]:
    """The whole document, the same for the same code."""
    schemas, definitions = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in _routes():
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": _TITLE,
            "version": "1",
            "description": "Customers let each other manage their billing accounts. "
            "Refusals are problem+json with a stable `code`.",
        },
        "servers": [{"url": "/"}],
        "security": [{"sign_in": []}],
        "tags": [{"name": tag} for tag in _TAGS],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "sign_in": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "portal": {"type": "http", "scheme": "bearer", "description": "The portal's own credential."},
            },
        },
    }


def _routes() -> Sequence[Route]:
    """In an order of their own: they are registered as requests come."""
    return sorted(ROUTES, key=lambda each: (_TAGS.index(each.tag), each.path, each.method))


_Schemas = Mapping[Any, Mapping[str, Any]]


def _schemas() -> tuple[_Schemas, dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization")]
    for route in _routes():
        wanted += [(body, "validation") for body in (route.body, route.signed_body) if body is not None]
        if route.query is not None:
            wanted.append((route.query, "validation"))
        if route.answers is not None and route.answers is not OpenApi:
            wanted.append((route.answers, "serialization"))
    references, whole = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REF)
    definitions = {name: schema for name, schema in whole["$defs"].items() if not name.endswith("Query")}
    return references, definitions


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    summary, _, rest = cleandoc(route.view.__doc__ or "").partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": route.view.__name__,
        "summary": summary,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": _responses(route, schemas),
    }
    if rest:
        operation["description"] = rest
    body = route.body or route.signed_body
    if body is not None:
        schema = schemas[body, "validation"]
        operation["requestBody"] = {"required": not route.body_optional, "content": {_JSON: {"schema": schema}}}
    if route.sign_in is SignIn.NONE:
        operation["security"] = []
    if route.sign_in is SignIn.PORTAL:
        operation["security"] = [{"portal": []}]
    if route.sign_in is SignIn.OPTIONAL:
        operation["security"] = [{}, {"sign_in": []}]
    return operation


def _path_parameters(route: Route) -> Iterable[dict[str, Any]]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            yield {"name": part.strip("{}"), "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(route: Route) -> Iterable[dict[str, Any]]:
    if route.query is None:
        return
    whole = route.query.model_json_schema(ref_template=_REF)
    definitions = whole.get("$defs", {})
    for name, schema in whole["properties"].items():
        yield {"name": name, "in": "query", "required": False, "schema": _inlined(schema, definitions)}


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {name: _inlined(value, definitions) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    return schema


def _header_parameters(route: Route) -> Iterable[dict[str, Any]]:
    if VersionConflict in route.refusals:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "The `version` that the change was made for; 412 when it is not the present one.",
            "schema": {"type": "string", "pattern": '^(\\*|(W/)?"?[0-9]{1,9}"?)$'},
        }
    if route.idempotency_key:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Repeating the request with the same key within 24 hours repeats the first answer.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        }


def _responses(route: Route, schemas: _Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status in (route.status, *route.more_statuses):
        headers = {**_HEADERS, **_CREATED} if route.idempotency_key else _HEADERS
        responses[str(int(status))] = {"description": status.phrase, "headers": headers}
        if route.answers is not None and status is not HTTPStatus.NO_CONTENT:
            schema = {"type": "object"} if route.answers is OpenApi else schemas[route.answers, "serialization"]
            responses[str(int(status))]["content"] = {_JSON: {"schema": schema}}
    for status, codes in sorted(_refusals(route).items()):
        responses[str(int(status))] = {
            "description": ", ".join(f"`{code}`" for code in codes),
            "headers": {**_HEADERS, **_MORE_HEADERS.get(status, {})},
            "content": {_PROBLEM: {"schema": schemas[Problem, "serialization"]}},
        }
    return responses


def _refusals(route: Route) -> dict[HTTPStatus, list[str]]:
    refusals: list[type[DomainError]] = [*route.refusals]
    wrong: list[type[BadRequest]] = []
    codes: dict[HTTPStatus, list[str]] = {}
    if route.sign_in in {SignIn.REQUIRED, SignIn.PORTAL}:
        refusals.append(Unauthenticated)
    if route.path.startswith("/v1"):
        refusals.append(Busy)
    if route.sign_in is SignIn.REQUIRED:
        refusals.append(LoginDeactivated)
        if not route.path.startswith(SUPPORT + "/"):
            refusals.append(SignInNotLinked)
    if route.body is not None:
        wrong += [MalformedJson, BodyTooLarge, UnsupportedMediaType]
    if route.signed_body is not None:
        wrong += [MalformedJson, BodyTooLarge]
    if route.body is not None or route.signed_body is not None or route.query is not None:
        codes[HTTPStatus.UNPROCESSABLE_ENTITY] = ["validation_failed"]
    for refusal in refusals:
        codes.setdefault(STATUS[refusal.kind], []).append(refusal.code)
    for each in wrong:
        codes.setdefault(each.status, []).append(each.code)
    return {status: list(dict.fromkeys(found)) for status, found in codes.items()}
