"""The search of the support desk (R61)."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from chalice.app import Blueprint
from pydantic import AfterValidator, BaseModel, Field

from chalicelib import settings
from chalicelib.addresses import as_kept
from chalicelib.api.support import support_serializers
from chalicelib.api.support.agents import PATH, reader
from chalicelib.api.support.support_schemas import FoundContact
from chalicelib.api.web import account_answers, customer_answers
from chalicelib.api.web.account_answers import AccountAnswer
from chalicelib.api.web.answers import Page
from chalicelib.api.web.customer_answers import CustomerAnswer
from chalicelib.api.web.fields import BlanksArePluses, PageQuery, Truth
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import listed
from chalicelib.domain.contacts import SyncState
from chalicelib.domain.errors import SupportOnly
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.search import search_records
from chalicelib.store.bounded import Found

bp = Blueprint(__name__)
T = TypeVar("T")
Shown = TypeVar("Shown", bound=BaseModel)
Sought = Annotated[str, Field(min_length=1, max_length=254)]
SoughtName = Annotated[str, Field(min_length=1, max_length=1000)]
SoughtEmail = Annotated[Sought, BlanksArePluses, AfterValidator(as_kept)]


class CustomersQuery(PageQuery):
    """``email`` is an address or any part of one (a domain); ``name`` the beginnings of names, in any order."""

    email: SoughtEmail | None = None
    name: SoughtName | None = None
    login_activated: Truth | None = None


class AccountsQuery(PageQuery):
    """``name`` is the beginnings of words, in any order; ids and numbers may be only begun."""

    name: SoughtName | None = None
    zuora_account_id: Sought | None = None
    account_number: Sought | None = None
    status: Literal["active", "closed"] | None = None
    plan: Sought | None = None
    channel: Literal["direct", "reseller"] | None = None


class ContactsQuery(PageQuery):
    """``email`` is an address or any part of one; ``name`` the beginnings of names, in any order."""

    email: SoughtEmail | None = None
    name: SoughtName | None = None
    sync_state: SyncState | None = None


@endpoint(
    bp, "GET", PATH + "/customers", tag="support", answers=Page[CustomerAnswer],
    refusals=[SupportOnly],
)  # fmt: skip
def search_customers(request: Request, query: CustomersQuery) -> Response:
    """Customers by address, part of it, domain, first or last name or both; without a question all of them."""
    asked = search_records.CustomerQuery(query.email, query.name, query.login_activated)
    return _listed(
        "customers",
        query,
        lambda part: search_records.find_customers(reader(request), asked, part),
        customer_answers.customer,
    )


@endpoint(
    bp, "GET", PATH + "/billing-accounts", tag="support", answers=Page[AccountAnswer],
    refusals=[SupportOnly],
)  # fmt: skip
def search_accounts(request: Request, query: AccountsQuery) -> Response:
    """Accounts by name, Zuora id or account number; without a question all of them."""
    asked = search_records.AccountQuery(
        query.name, query.zuora_account_id, query.account_number, query.status, query.plan, query.channel
    )
    most = settings.current().pending_invitations_per_account
    return _listed(
        "accounts",
        query,
        lambda part: search_records.find_accounts(reader(request), asked, part),
        lambda each: account_answers.account(each, None, most_pending=most),
    )


@endpoint(
    bp, "GET", PATH + "/contacts", tag="support", answers=Page[FoundContact],
    refusals=[SupportOnly],
)  # fmt: skip
def search_contacts(request: Request, query: ContactsQuery) -> Response:
    """Contacts by address or name, each with its account and the parts that it plays there."""
    asked = search_records.ContactQuery(query.email, query.name, query.sync_state.value if query.sync_state else None)
    return _listed(
        "contacts",
        query,
        lambda part: search_records.find_contacts(reader(request), asked, part),
        lambda pair: support_serializers.found_contact(*pair),
    )


def _listed(
    kind: str, query: PageQuery, find: Callable[[PageRequest], Found[T]], shape: Callable[[T], Shown]
) -> Response:
    return listed(f"search {kind} {query.model_dump_json(exclude={'limit', 'cursor'})}", query, find, shape)
