"""HTTP for views: @endpoint turns a request into one call of the view, and its result or error into a response.

A view gets a ``Call`` and its parsed body and query, calls one operation, and returns an ``Answer``.
What all routes share is here: the sign-in, the shape of refusals, headers, CORS,
idempotency keys, the log line.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, get_type_hints
from urllib.parse import unquote

from chalice.app import Blueprint
from chalice.app import Request as ChaliceRequest
from chalice.app import Response as ChaliceResponse
from pydantic import BaseModel

from chalicelib import deadline, observability, wiring
from chalicelib.api.web import auth, cors, parsing, problems
from chalicelib.api.web.problems import BadRequest, WrongFields
from chalicelib.domain.errors import Busy, DomainError, SignInKeysAway, Unauthenticated
from chalicelib.domain.people import SignedIn
from chalicelib.failures import Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.store import idempotency


class SignIn(Enum):
    """Whether a route needs somebody to be signed in; ``PORTAL`` is the portal's own back end."""

    REQUIRED = auto()
    PORTAL = auto()
    OPTIONAL = auto()
    NONE = auto()


@frozen
class Response:
    """What a view returns: a model, and the status if it is not the route's own."""

    model: BaseModel | None = None
    status: HTTPStatus | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@frozen
class Request:
    """One request, as far as views care."""

    who: SignedIn | None
    now: datetime
    request_id: str
    path: str
    repeatable: idempotency.IdempotentRequest | None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_body: bytes = b""
    if_match: int | None = None

    @property
    def context(self) -> Context:
        """What an operation is given beside what is asked."""
        return wiring.context(self.now, self.repeatable)

    @property
    def person(self) -> SignedIn:
        """The signed-in person of a route that requires one."""
        if self.who is None:
            raise Unauthenticated
        return self.who


@frozen
class Route:
    """What the code says of a route; the OpenAPI document is made from these."""

    method: str
    path: str
    view: Callable[..., Response]
    body: type[BaseModel] | None
    body_optional: bool
    signed_body: type[BaseModel] | None
    query: type[BaseModel] | None
    answers: type[BaseModel] | None
    status: HTTPStatus
    more_statuses: tuple[HTTPStatus, ...]
    sign_in: SignIn
    idempotency_key: bool
    refusals: tuple[type[DomainError], ...]
    tag: str


OUTSIDE_SECONDS = 12
"""So long a request may wait for Zuora in all: the function has 20 seconds, and must still answer."""

SUPPORT = "/v1/support"
"""Where the routes of the support desk are; nobody else gets as far as their views (R60)."""

ROUTES: list[Route] = []
"""Every route behind @endpoint, in the order of registration."""


def endpoint(  # noqa: PLR0913 -- everything that is said of a route, by name, in one place
    bp: Blueprint,
    method: str,
    path: str,
    *,
    tag: str,
    body_optional: bool = False,
    signed_body: type[BaseModel] | None = None,
    answers: type[BaseModel] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    more_statuses: Sequence[HTTPStatus] = (),
    sign_in: SignIn = SignIn.REQUIRED,
    idempotency_key: bool = False,
    refusals: Sequence[type[DomainError]] = (),
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Registers a view as a route; what its parameters ``body`` and ``query`` are annotated with is read from requests.

    A ``body_optional`` body may be left out; the view then gets an empty object. A ``signed_body`` is read
    by the view, when it has checked the signature.
    Routes with ``idempotency_key`` take an Idempotency-Key (R26). ``refusals`` are the errors of the domain that the
    operation names; they go into the OpenAPI document.
    """

    def register(view: Callable[..., Response]) -> Callable[..., Response]:
        takes = get_type_hints(view)
        route = Route(
            method, path, view, takes.get("body"), body_optional, signed_body, takes.get("query"), answers, status,
            tuple(more_statuses), sign_in, idempotency_key, tuple(refusals), tag,
        )  # fmt: skip
        first_of_path = all(each.path != path for each in ROUTES)
        ROUTES.append(route)

        def handler(**parameters: str) -> ChaliceResponse:
            return _serve(route, bp.current_request, parameters)

        handler.__name__ = view.__name__
        bp.route(path, methods=[method], name=view.__name__, content_types=["*/*"])(handler)
        if first_of_path:
            _register_preflight(bp, path, view.__name__)
        return view

    return register


def _register_preflight(bp: Blueprint, path: str, name: str) -> None:
    def preflight(**_parameters: str) -> ChaliceResponse:
        request = bp.current_request
        methods = {each.method for each in ROUTES if each.path == path}
        allowed = cors.preflight_headers(request.headers.get("origin"), methods)
        headers = _HEADERS | allowed | {"X-Request-Id": _request_id(request)}
        return _response("", headers, HTTPStatus.NO_CONTENT)

    preflight.__name__ = f"preflight_{name}"
    bp.route(path, methods=["OPTIONS"], name=preflight.__name__, content_types=["*/*"])(preflight)


_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}


@dataclass(slots=True)
class _Reply:
    status: HTTPStatus
    text: str
    headers: dict[str, str]
    code: str | None = None


def _serve(route: Route, request: ChaliceRequest, raw_parameters: Mapping[str, str]) -> ChaliceResponse:
    started = time.perf_counter()
    request_id = _request_id(request)
    parameters = {name: unquote(value) for name, value in raw_parameters.items()}
    reply = _answer(route, request, parameters, request_id)
    headers = _HEADERS | cors.headers(request.headers.get("origin")) | reply.headers | {"X-Request-Id": request_id}
    _log(route, reply, parameters, request_id, started)
    return _response(reply.text, headers, reply.status)


def _request_id(request: ChaliceRequest) -> str:
    return str(request.context.get("requestId") or "local")


def _response(text: str, headers: Mapping[str, str], status: HTTPStatus) -> ChaliceResponse:
    return ChaliceResponse(text, dict(headers), status)


def _answer(route: Route, request: ChaliceRequest, parameters: Mapping[str, str], request_id: str) -> _Reply:
    try:
        answer = _call_view(route, request, parameters, request_id)
        text = answer.model.model_dump_json() if answer.model is not None else ""
        status = answer.status or route.status
        content = {"Content-Type": "application/json"} if answer.model is not None else {}
        return _Reply(status, text, {**content, **answer.headers})
    except DomainError as error:
        status, members, headers = problems.of_domain(error)
        return _problem(status, members, request_id, headers)
    except Retryable:  # a neighbour that the answer needs is away
        observability.log_exception("neighbour away", request_id=request_id, route=route.path)
        status, members, headers = problems.of_domain(Busy())
        return _problem(status, members, request_id, headers)
    except BadRequest as error:
        return _problem(error.status, {"code": error.code, "detail": error.detail}, request_id)
    except WrongFields as error:
        members = {"code": "validation_failed", "detail": "Some fields are invalid.", "errors": error.errors}
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, members, request_id)
    except Exception:  # noqa: BLE001 -- the edge of the process: logged, counted, alarmed, answered without details
        observability.log_exception("unhandled", request_id=request_id, route=route.path)
        members = {"code": "internal_error", "detail": "Something went wrong on our side."}
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, members, request_id)


def _problem(
    status: HTTPStatus, members: Mapping[str, object], request_id: str, headers: Mapping[str, str] | None = None
) -> _Reply:
    text = problems.document(status, members, request_id)
    return _Reply(status, text, {"Content-Type": "application/problem+json", **(headers or {})}, str(members["code"]))


def _call_view(route: Route, request: ChaliceRequest, parameters: Mapping[str, str], request_id: str) -> Response:
    who = _who(route, request, request_id)
    parsing.refuse_strange_ids(parameters)
    arguments: dict[str, Any] = dict(parameters)
    if route.body is not None:
        arguments["body"] = parsing.body_of(route.body, request, may_be_left_out=route.body_optional)
    if route.query is not None:
        arguments["query"] = parsing.query_of(route.query, request)
    path = request.context.get("path") or request.path
    repeatable = None
    if route.idempotency_key:
        repeatable = parsing.repeatable_of((route.method, route.path), request, who, arguments)
    call = Request(
        who,
        wiring.now(),
        request_id,
        str(path),
        repeatable,
        request.headers,
        parsing.raw_body_of(request),
        parsing.version_of(request),
    )
    with deadline.within(OUTSIDE_SECONDS):
        return route.view(call, **arguments)


def _who(route: Route, request: ChaliceRequest, request_id: str) -> SignedIn | None:
    try:
        return _recognised(route, request)
    except (Unauthenticated, SignInKeysAway) as error:
        observability.log("token refused", request_id=request_id, route=route.path, reason=error.fault)
        observability.count("TokensRefused", reason=error.fault or "other")
        if route.sign_in is SignIn.OPTIONAL and isinstance(error, Unauthenticated):
            return None
        raise


def _recognised(route: Route, request: ChaliceRequest) -> SignedIn | None:
    authorization = request.headers.get("authorization")
    if route.sign_in is SignIn.NONE or (route.sign_in is SignIn.OPTIONAL and not authorization):
        return None
    if route.sign_in is SignIn.PORTAL:
        auth.require_portal(authorization)
        return None
    person = auth.signed_in(authorization)
    if route.path.startswith(SUPPORT + "/"):
        auth.require_support(person, to_change=route.method != "GET")
    return person


def _log(route: Route, reply: _Reply, parameters: Mapping[str, str], request_id: str, started: float) -> None:
    ids = {name: value for name, value in parameters.items() if parsing.is_id(value)}
    observability.log(
        "request",
        level=logging.ERROR if reply.status is HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO,
        request_id=request_id,
        method=route.method,
        route=route.path,
        status=int(reply.status),
        code=reply.code,
        replayed=reply.headers.get("Idempotency-Replayed"),
        duration_ms=round((time.perf_counter() - started) * 1000, 1),
        **ids,
    )
    observability.count("Requests", operation=route.view.__name__, outcome=reply.code or "ok")
