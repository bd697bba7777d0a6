"""Every route goes through @endpoint, and has the same name everywhere."""

import ast
import inspect
import json
import re
import sys
from types import ModuleType
from typing import Any

import pytest
from openapi_spec_validator import validate

from app import FUNCTIONS, SERVED_BY
from app import app as the_app
from chalicelib.api.web.http import ROUTES, Route, SignIn
from devstack import openapi
from devstack.package import ROOT

OPEN = {"health", "openapi", "preview_invitation", "decline_invitation", "request_new_invitation"}
OPEN |= {"receive_callout"}  # Zuora has no sign-in; its HMAC is checked by the operation
"""Routes that need no sign-in. Whoever adds one thinks about it here (S21)."""
OPEN |= {"redeem_sign_in_link"}  # the portal's back end, with its own credential


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(openapi.text())
    return whole


def test_every_route_goes_through_endpoint() -> None:
    """Sign-in, refusals, headers, CORS and the log line are there and nowhere else."""
    registered = {
        (path, method) for path, methods in the_app.routes.items() for method in methods if method != "OPTIONS"
    }
    assert registered == {(route.path, route.method) for route in ROUTES}
    assert len(registered) == len(ROUTES)


def test_a_path_imports_the_modules_of_its_routes_and_no_others() -> None:
    serving: dict[str, set[str]] = {}
    for route in ROUTES:
        serving.setdefault(route.path, set()).add(route.view.__module__)
    assert {path: set(the_app.modules_for(path)) for path in serving} == serving
    named = {beginning for beginning in SERVED_BY if not any(path.startswith(beginning) for path in serving)}
    assert named == set()


def test_every_module_with_a_blueprint_is_registered() -> None:
    made = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for folder in ("api", "functions")
        for file in (ROOT / "chalicelib" / folder).rglob("*.py")
        if "= Blueprint(" in file.read_text()
    }
    known = {f"chalicelib.api.{module}" for modules in SERVED_BY.values() for module in modules}
    assert made == known | {f"chalicelib.functions.{module}" for module in FUNCTIONS}


def test_every_path_answers_a_preflight() -> None:
    assert {path for path, methods in the_app.routes.items() if "OPTIONS" not in methods} == set()


def test_a_sign_in_is_required_unless_decided_otherwise() -> None:
    """S21."""
    assert {route.view.__name__ for route in ROUTES if route.sign_in is not SignIn.REQUIRED} == OPEN


def test_every_creating_route_takes_an_idempotency_key() -> None:
    """R26: every route that answers 201 and takes no token, which would make it idempotent by itself."""
    by_itself = {"accept_invitation", "accept_own_invitation"}
    creating = {route.view.__name__ for route in ROUTES if route.status == 201} - by_itself
    creating |= {"start_transfer"}  # 202: what it creates is not finished yet
    assert creating == {route.view.__name__ for route in ROUTES if route.idempotency_key}


def test_views_have_unique_names_and_docstrings() -> None:
    names = [route.view.__name__ for route in ROUTES]
    assert len(set(names)) == len(names)
    for route in ROUTES:
        assert re.fullmatch(r"[A-Z].*\.", (route.view.__doc__ or "").strip().partition("\n")[0]), route.view.__name__


def operations_of(module: ModuleType) -> set[str]:
    """The operation modules that a module of routes imports, or imports from."""
    imports = [each for each in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(each, ast.ImportFrom)]
    of_operations = [each for each in imports if (each.module or "").startswith("chalicelib.operations")]
    files = {(each.module or "").rpartition(".")[2] for each in of_operations}
    return files | {name.name for each in of_operations for name in each.names}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.view.__name__)
def test_a_route_uses_an_operation_of_its_name(route: Route) -> None:
    """Route, view and operation share their stem, so that a reader finds one from the other."""
    view = route.view.__name__
    if route.tag == "service":
        return
    operations = operations_of(sys.modules[route.view.__module__])
    assert operations, f"{route.view.__module__} uses no operation"
    stems = {view, view.partition("_")[0], ALIASES.get(view, view)}
    assert operations & stems, f"{view} and {sorted(operations)} have no name in common"


ALIASES = {
    "view_permissions": "view_account",
    "view_invitation": "list_invitations",
    "leave": "remove_manager",
    "decline_own_invitation": "decline_invitation",
    "edit_customer": "switch_login",
}
"""Views that show, or end, what the operation of another view reads or ends."""

ALIASES |= {
    **dict.fromkeys(("view_contacts",), "list_contacts"),
    **dict.fromkeys(("choose_sold_to", "choose_bill_to"), "choose_contact"),
    **dict.fromkeys(("list_subscriptions", "list_invoices", "list_payment_methods"), "list_billing"),
    **dict.fromkeys(
        ("support_list_subscriptions", "support_list_invoices", "support_list_payment_methods"), "list_billing"
    ),
    **dict.fromkeys(("list_contact_history", "list_out_of_step", "list_drift"), "view_contact"),
    "sync_contact": "request_sync",
}
"""The same, around contacts and what Zuora lists."""

ALIASES |= {
    **dict.fromkeys(
        ("support_view_account", "support_account_history", "support_list_managers", "support_list_invitations",
         "support_view_invitation", "view_customer", "customer_history"),
        "support_views",
    ),
    **dict.fromkeys(("search_customers", "search_accounts", "search_contacts"), "search_records"),
    **dict.fromkeys(("start_transfer", "view_transfer", "cancel_transfer"), "start_transfer"),
    **dict.fromkeys(("create_sign_in_link", "redeem_sign_in_link"), "sign_in_link"),
    "support_invite": "invite",
    "support_resend_invitation": "resend_invitation",
    "support_revoke_invitation": "revoke_invitation",
    "support_change_role": "change_role",
    "unlink_customer": "unlink_sign_in",
}  # fmt: skip
"""The same at the desk; what only reads stands together there."""


def test_the_description_in_the_repository_is_the_one_that_is_served(described: dict[str, Any]) -> None:
    """``python -m devstack.openapi`` writes it again."""
    assert json.loads(openapi.FILE.read_text()) == described
    assert openapi.FILE.read_text() == openapi.text()


def test_the_description_is_valid_openapi(described: dict[str, Any]) -> None:
    """OpenAPI 3.1, checked by an independent validator."""
    validate(described)


def test_operations_are_described_by_the_names_of_their_views(described: dict[str, Any]) -> None:
    found = [each["operationId"] for methods in described["paths"].values() for each in methods.values()]
    assert sorted(found) == sorted(route.view.__name__ for route in ROUTES)


def test_no_path_of_the_description_contains_an_address(described: dict[str, Any]) -> None:
    """Paths end up in logs and histories, so they contain only ids."""
    parameters = {
        parameter["name"]
        for methods in described["paths"].values()
        for each in methods.values()
        for parameter in each["parameters"]
        if parameter["in"] == "path"
    }
    assert {name for name in parameters if not name.endswith("_id")} == set()
