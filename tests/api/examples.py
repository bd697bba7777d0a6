"""One valid request for every route, against the role matrix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from chalicelib.api.web.http import ROUTES, Route
from tests.api.role_matrix import RoleMatrix
from tests.gateway import Response
from tests.world import TICKET, Person

import_module("app").app.register_all()

Body = dict[str, Any]

_BODIES: dict[str, Callable[[RoleMatrix], Body]] = {
    "PATCH /v1/billing-accounts/{account_id}/managers/{manager_id}": lambda _: {"role": "viewer"},
    "POST /v1/billing-accounts/{account_id}/invitations": lambda _: {"email": "new@acme.example"},
    "POST /v1/invitations/preview": lambda matrix: {"token": matrix.token},
    "POST /v1/invitations/accept": lambda matrix: {"token": matrix.token},
    "POST /v1/billing-accounts/{account_id}/invitations/{invitation_id}/resend": lambda _: {},
    "POST /v1/invitations/decline": lambda matrix: {"token": matrix.token},
    "POST /v1/invitations/request-new": lambda matrix: {"token": matrix.expired_token},
    "POST /v1/me/invitations/{invitation_id}/decline": lambda _: {},
    "POST /v1/me/email": lambda _: {"update_contacts": True},
    "PATCH /v1/me": lambda _: {"first_name": "Samuel", "locale": "de"},
    "PATCH /v1/support/customers/{customer_id}": lambda _: {
        "login_activated": False,
        "allow_last": True,
        "reason": "They have left.",
        "ticket_url": TICKET,
    },
    "POST /v1/support/billing-accounts": lambda matrix: {"zuora_account_id": matrix.zuora_id, "ticket_url": TICKET},
}
_CONTACTS: Mapping[str, Callable[[RoleMatrix], Body]] = {
    "PUT /v1/billing-accounts/{account_id}/contacts/sold-to": lambda matrix: {"manager_id": matrix.manager_id},
    "PUT /v1/billing-accounts/{account_id}/contacts/bill-to": lambda matrix: {"manager_id": matrix.manager_id},
    "POST /v1/support/contacts": lambda matrix: {"zuora_contact_id": matrix.new_contact_id, "ticket_url": TICKET},
    "PATCH /v1/support/contacts/{contact_id}": lambda _: {"city": "Graz", "ticket_url": TICKET},
    "POST /v1/support/contacts/{contact_id}/sync": lambda _: {"ticket_url": TICKET},
}
_BODIES |= _CONTACTS

_PROOF = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}
_ACCOUNT, _CUSTOMER = "/v1/support/billing-accounts/{account_id}", "/v1/support/customers/{customer_id}"
_ONLY_A_TICKET: tuple[str, ...] = (
    f"POST {_ACCOUNT}/invitations/{{invitation_id}}/resend",
    f"POST {_ACCOUNT}/invitations/{{invitation_id}}/revoke",
    f"POST {_ACCOUNT}/transfers/{{transfer_id}}/cancel",
    f"POST {_CUSTOMER}/unlink",
    f"POST {_CUSTOMER}/sign-in-link",
)
_DESK: Mapping[str, Callable[[RoleMatrix], Body]] = {
    f"PATCH {_ACCOUNT}": lambda _: {"plan": "enterprise"},
    f"POST {_ACCOUNT}/invitations": lambda _: {"email": "new@acme.example", "verification": _PROOF},
    f"POST {_ACCOUNT}/managers": lambda _: {"email": "new@acme.example", "verification": _PROOF},
    f"PATCH {_ACCOUNT}/managers/{{manager_id}}": lambda _: {"role": "viewer"},
    f"POST {_ACCOUNT}/managers/{{manager_id}}/remove": lambda _: {"reason": "Asked for it"},
    f"POST {_ACCOUNT}/transfer": lambda matrix: {
        "from": matrix.manager_id, "to": {"email": "new@acme.example"}, "verification": _PROOF,
    },
    "POST /v1/support/customers": lambda _: {"email": "new@acme.example", "first_name": "N", "last_name": "N"},
    f"PATCH {_CUSTOMER}": lambda _: {"first_name": "Samuel"},
    f"POST {_CUSTOMER}/erase": lambda _: {"confirm_email": "sam@acme.example"},
    "POST /v1/support/suppressions/lift": lambda _: {"email": "new@acme.example"},
    "POST /v1/sign-in-links/redeem": lambda matrix: {"token": matrix.sign_in_token},
    **{name: lambda _: {} for name in _ONLY_A_TICKET},
}  # fmt: skip


def _for_a_ticket(name: str, body: Callable[[RoleMatrix], Body]) -> Callable[[RoleMatrix], Body]:
    """Every change by the desk carries a ticket."""
    return body if "/support/" not in name else lambda matrix: {**body(matrix), "ticket_url": TICKET}


_BODIES |= {name: _for_a_ticket(name, body) for name, body in _DESK.items()}


_QUERIES = {"GET /v1/support/suppressions": "?email=new@acme.example"}
"""What has to be asked for in the query."""


@dataclass(frozen=True, slots=True)
class Example:
    """A valid request; whether it is allowed depends on who sends it."""

    method: str
    url: str
    body: Body | None

    def sent(self, matrix: RoleMatrix, who: Person | None, **headers: str) -> Response:
        """The request, sent by that person."""
        return matrix.world.call(self.method, self.url, who, self.body, headers)


def name_of(route: Route) -> str:
    """A route as people write it."""
    return f"{route.method} {route.path}"


def example_of(route: Route, matrix: RoleMatrix) -> Example:
    """The valid request for a route; a new route with a body needs an example here."""
    if not has_example(route):
        raise AssertionError(f"add a valid body for {name_of(route)} to {__name__}")
    body = _BODIES[name_of(route)](matrix) if route.body is not None else None
    return Example(route.method, url_of(route, matrix) + _QUERIES.get(name_of(route), ""), body)


def has_example(route: Route) -> bool:
    """Whether the valid request for a route is known."""
    return route.body is None or name_of(route) in _BODIES


def url_of(route: Route, matrix: RoleMatrix, **instead: str) -> str:
    """The path of a route with the ids of the role matrix, or with others in their place."""
    ids = {
        "account_id": matrix.account,
        "manager_id": matrix.manager_id,
        "invitation_id": matrix.invitation_id,
        "customer_id": matrix.manager_id,
        "contact_id": matrix.contact_id,
        "transfer_id": matrix.transfer_id,
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
