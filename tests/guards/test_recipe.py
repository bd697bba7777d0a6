"""What README's "To add an operation" asks for and nobody notices when it is forgotten; each says where and what."""

import ast
from collections.abc import Iterator
from importlib import import_module
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from chalicelib.api.web.http import ROUTES, SUPPORT
from chalicelib.domain.event_types import EventType
from chalicelib.store.tables import MODELS
from devstack.package import ROOT
from tests.api.examples import has_example, name_of

STORE = ROOT / "chalicelib" / "store"
NOT_LOADED = {
    "Accounts": {"shard"},
    "Contacts": {"out_of_step"},
    "Customers": {"key"},
    "Deliveries": {"address", "message_id", "reason", "ttl"},
    "History": {"customer_id", "outbox", "relayed_at"},
    "Idempotency": {"request_id", "ttl"},
    "Invitations": {"due", "due_at", "pending_id"},
    "Limits": {"limit_key", "used"},
    "Syncs": {"listed"},
    "Transfers": {"open", "touched_at"},
}
"""Keys of indexes, times to live, and what only conditions or people look at."""


def test_every_route_with_a_body_has_an_example() -> None:
    """S21: with it every route is tried by everybody, with broken paths, without secrets and so on."""
    import_module("app").app.register_all()
    missing = {name_of(route) for route in ROUTES if not has_example(route)}
    assert missing == set(), "add a valid body for each of these to tests/api/examples.py"


def read_of_items() -> dict[str, set[str]]:
    """By item class, the attributes that the store's files which know the class read of an ``it``."""
    found: dict[str, set[str]] = {}
    for file in STORE.glob("*.py"):
        tree = ast.parse(file.read_text())
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        read = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "it"
        }
        for name in names:
            found.setdefault(name, set()).update(read)
    return found


@pytest.mark.parametrize("table", sorted(MODELS))
def test_every_attribute_is_read(table: str) -> None:
    """An attribute that is written and not loaded would be forgotten at the next write of the whole."""
    model = MODELS[table]
    missing = set(model.get_attributes()) - read_of_items().get(model.__name__, set()) - NOT_LOADED.get(table, set())
    assert missing == set(), f"load these of a {model.__name__} in chalicelib/store/, or add them to NOT_LOADED"


def fields_of(model: Any, seen: set[Any]) -> Iterator[str]:
    """All fields of an answer and of the models in it, as ``Model.field``."""
    if get_origin(model) in (Union, UnionType, list, tuple):
        for part in get_args(model):
            yield from fields_of(part, seen)
    if isinstance(model, type) and issubclass(model, BaseModel) and model not in seen:
        seen.add(model)
        for base in model.__bases__:
            yield from fields_of(base, seen)
        for name, field in model.model_fields.items():
            if name in model.__annotations__:
                yield f"{model.__name__}.{name}"
            yield from fields_of(field.annotation, seen)


SEEN_BY_BOTH = """
AcceptErrorAnswer at code
AccountAnswer account_number channel id limits managed_by my_role name nudge_second_manager plan status zuora_account_id
AccountLimits managers pending_invitations
ContactAnswer account_id address1 address2 city country first_name id last_name postal_code roles state sync work_email
BillingPage data next_cursor unreadable
ContactPair bill_to sold_to
CreatedInvitation accept_url
DeliveryAnswer at reason state
EventAnswer account_id actor at data id subject type
InvitationAnswer account_id created_at decline_reason delivery email ended_at expires_at id invited_by kind
InvitationAnswer last_accept_error last_sent_at message role sent_count status
InvitedBy first_name id last_name
InvoiceAnswer amount balance currency date due_date id number payment_status status
Manager added_at added_by email first_name id is_bill_to is_sold_to last_name role
ManagerLimit max used
Page data next_cursor
PaymentMethodAnswer account_number account_type bank_name card_type expires id is_default kind last_digits name
PaymentMethodAnswer routing_number status type
PendingLimit max used
SubscriptionAnswer auto_renew changes_through cloud_licensing end_date id max_seats_used name operational_metrics
SubscriptionAnswer owed_seats plan plan_since product quarterly_coterms seats start_date status type
SubscriptionsPage hint
Sync at error state
"""


def test_what_customers_and_support_both_see_is_decided() -> None:
    """R40, R60: an answer that both get shows both everything that is added to it."""
    import_module("app").app.register_all()
    shown: dict[bool, set[str]] = {True: set(), False: set()}
    for route in ROUTES:
        if route.answers is not None:
            shown[route.path.startswith(SUPPORT + "/")] |= set(fields_of(route.answers, set()))
    decided = {
        f"{model}.{name}"
        for line in SEEN_BY_BOTH.split("\n")
        for model, *names in [line.split() or [""]]
        for name in names
    }
    both = {each for each in shown[True] & shown[False] if "[" not in each}
    assert both - decided == set(), (
        "may customers and support both see these? Then add them to SEEN_BY_BOTH in tests/guards/test_recipe.py; "
        "otherwise give the routes of support an answer of their own in api/support/support_schemas.py"
    )


def test_every_event_is_named_by_a_test() -> None:
    """R40: what happens is looked at by somebody."""
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file.parent.name != "guards"]
    texts = "\n".join(file.read_text() for file in files)
    missing = {event.value for event in EventType if event.value not in texts and event.name not in texts}
    assert missing == set(), "write a test in tests/api/ or tests/desk/ that sees each of these happen"
