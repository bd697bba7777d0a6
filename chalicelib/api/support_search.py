"""The search of the support desk (R61)."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from chalice.app import Blueprint
from pydantic import AfterValidator, BaseModel, Field

from chalicelib import settings
from chalicelib.addresses import as_kept
from chalicelib.api import cursors, desk_shaping, shaping
from chalicelib.api.desk import PATH, reader
from chalicelib.api.desk_schemas import FoundContact
from chalicelib.api.fields import PageQuery, Truth
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.schemas import AccountAnswer, CustomerAnswer, Page
from chalicelib.domain.contacts import SyncState
from chalicelib.domain.errors import SupportOnly
from chalicelib.operations import search
from chalicelib.operations.parts import Part
from chalicelib.operations.search import Found

bp = Blueprint(__name__)
T = TypeVar("T")
Sought = Annotated[str, Field(min_length=1, max_length=254)]
SoughtName = Annotated[str, Field(min_length=1, max_length=1000)]
SoughtEmail = Annotated[Sought, AfterValidator(as_kept)]


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
    bp, "GET", PATH + "/customers", tag="support", query=CustomersQuery, answers=Page[CustomerAnswer],
    refusals=[SupportOnly],
)  # fmt: skip
def search_customers(call: Call, query: CustomersQuery) -> Answer:
    """Customers by address, part of it, domain, first or last name or both; without a question all of them."""
    asked = search.CustomerQuery(query.email, query.name, query.login_activated)
    found = search.find_customers(reader(call), asked, _part("customers", query))
    return _listed("customers", query, found, shaping.customer)


@endpoint(
    bp, "GET", PATH + "/billing-accounts", tag="support", query=AccountsQuery, answers=Page[AccountAnswer],
    refusals=[SupportOnly],
)  # fmt: skip
def search_accounts(call: Call, query: AccountsQuery) -> Answer:
    """Accounts by name, Zuora id or account number; without a question all of them."""
    asked = search.AccountQuery(
        query.name, query.zuora_account_id, query.account_number, query.status, query.plan, query.channel
    )
    found = search.find_accounts(reader(call), asked, _part("accounts", query))
    most = settings.current().pending_invitations_per_account
    return _listed("accounts", query, found, lambda each: shaping.account(each, None, most_pending=most))


@endpoint(
    bp, "GET", PATH + "/contacts", tag="support", query=ContactsQuery, answers=Page[FoundContact],
    refusals=[SupportOnly],
)  # fmt: skip
def search_contacts(call: Call, query: ContactsQuery) -> Answer:
    """Contacts by address or name, each with its account and the parts that it plays there."""
    asked = search.ContactQuery(query.email, query.name, query.sync_state.value if query.sync_state else None)
    found, accounts = search.find_contacts(reader(call), asked, _part("contacts", query))
    return _listed(
        "contacts", query, found, lambda each: desk_shaping.found_contact(each, accounts.get(each.account_id or ""))
    )


def _this_list(kind: str, query: PageQuery) -> str:
    return f"search {kind} {query.model_dump_json(exclude={'limit', 'cursor'})}"


def _part(kind: str, query: PageQuery) -> Part:
    position = cursors.position(_this_list(kind, query), query.cursor)
    return Part(query.limit, position)


def _listed(kind: str, query: PageQuery, found: Found[T], shape: Callable[[T], Any]) -> Answer:
    shown: list[BaseModel] = [shape(each) for each in found.things]
    at = found.next_position
    following = None if at is None else cursors.made(_this_list(kind, query), at)
    return Answer(shaping.page_of(shown, following))
