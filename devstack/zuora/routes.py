"""Which call answers which method and path."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from devstack.zuora import accounts, contacts, lists, new_accounts, object_query
from devstack.zuora.answers import Answer, refused
from devstack.zuora.calls import Call
from devstack.zuora.refusals import METHOD, NOT_FOUND, Refusal
from devstack.zuora.state import State

Route = Callable[[State, Call], Answer]

ROUTES: dict[str, dict[str, Route]] = {
    "/v1/accounts": {"POST": new_accounts.create},
    "/v1/accounts/{key}": {"GET": accounts.read, "PUT": accounts.update},
    "/v1/accounts/{key}/summary": {"GET": accounts.summary},
    "/v1/accounts/{key}/payment-methods": {"GET": lists.payment_methods},
    "/v1/contacts": {"POST": contacts.create},
    "/v1/contacts/{id}": {"GET": contacts.read, "PUT": contacts.update, "DELETE": contacts.delete},
    "/v1/contacts/{id}/transfer": {"PUT": contacts.transfer},
    "/v1/contacts/{id}/scrub": {"PUT": contacts.scrub},
    "/v1/subscriptions/accounts/{key}": {"GET": lists.subscriptions},
    "/v1/subscriptions/{key}": {"GET": lists.one_subscription},
    "/v1/billing-documents": {"GET": lists.billing_documents},
    "/object-query/{kind}": {"GET": object_query.list_objects},
    "/object-query/{kind}/{key}": {"GET": object_query.read_object},
}
_PATTERNS = {re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)): methods for path, methods in ROUTES.items()}


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route and the named parts of the path; refuses methods that a path does not have."""
    for pattern, methods in _PATTERNS.items():
        found = pattern.fullmatch(path)
        if found and method in methods:
            return methods[method], {name: unquote(value) for name, value in found.groupdict().items()}
        if found:
            raise Refusal(METHOD, f"Request method '{method}' not supported")
    return _unknown_path, {}


def _unknown_path(_state: State, call: Call) -> Answer:
    refusal = Refusal(NOT_FOUND, "Cannot find the requested resource.")
    return refused(refusal, call, status=404)
