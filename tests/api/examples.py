"""One sound request for every route, on the stage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from chalicelib.api.http import ROUTES, Route
from tests.api.stage import Stage
from tests.gateway import Response
from tests.world import TICKET, Person

import_module("app")  # registers the routes

Body = dict[str, Any]

_BODIES: Mapping[str, Callable[[Stage], Body]] = {
    "PATCH /v1/billing-accounts/{account_id}/managers/{manager_id}": lambda _: {"role": "viewer"},
    "POST /v1/billing-accounts/{account_id}/invitations": lambda _: {"email": "new@acme.example"},
    "POST /v1/invitations/preview": lambda stage: {"token": stage.token},
    "POST /v1/invitations/accept": lambda stage: {"token": stage.token},
    "POST /v1/billing-accounts/{account_id}/invitations/{invitation_id}/resend": lambda _: {},
    "POST /v1/invitations/decline": lambda stage: {"token": stage.token},
    "POST /v1/invitations/request-new": lambda stage: {"token": stage.expired_token},
    "POST /v1/me/invitations/{invitation_id}/decline": lambda _: {},
    "PATCH /v1/support/customers/{customer_id}": lambda _: {"login_activated": False, "ticket_url": TICKET},
    "POST /v1/support/billing-accounts": lambda stage: {"zuora_account_id": stage.zuora_id, "ticket_url": TICKET},
}


@dataclass(frozen=True, slots=True)
class Example:
    """A request that is in order; whether it is allowed depends on who sends it."""

    method: str
    url: str
    body: Body | None

    def sent(self, stage: Stage, who: Person | None, **headers: str) -> Response:
        """The request, sent by that person."""
        return stage.world.call(self.method, self.url, who, self.body, headers)


def name_of(route: Route) -> str:
    """A route as people write it."""
    return f"{route.method} {route.path}"


def example_of(route: Route, stage: Stage) -> Example:
    """The sound request for a route; a new route with a body needs a new one here."""
    body = _BODIES[name_of(route)](stage) if route.body is not None else None
    return Example(route.method, url_of(route, stage), body)


def url_of(route: Route, stage: Stage, **instead: str) -> str:
    """The path of a route with the ids of the stage, or with others in their place."""
    ids = {
        "account_id": stage.account,
        "manager_id": stage.manager_id,
        "invitation_id": stage.invitation_id,
        "customer_id": stage.manager_id,
    }
    return route.path.format(**(ids | instead))


def routes(*, method: str | None = None, body: bool | None = None, listing: bool | None = None) -> list[Route]:
    """All routes, or those with that method, with or without a body, that are or are not paged lists."""
    return [
        route
        for route in ROUTES
        if method in (None, route.method)
        and body in (None, route.body is not None)
        and listing in (None, route.query is not None and "cursor" in route.query.model_fields)
    ]
