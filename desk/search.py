"""The command that finds things: customers, billing accounts and contacts at once."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from desk.output import on_off
from desk.session import Limit, Session, session

_SHORTEST_PART = 3
_ID = re.compile(r"[A-Za-z0-9-]{3,64}")

Question = dict[str, Any]


class SyncState(StrEnum):
    """The sync state of a contact."""

    SYNCED = "synced"
    PENDING = "pending"
    FAILED = "failed"
    DELETED_IN_ZUORA = "deleted_in_zuora"


class AccountStatus(StrEnum):
    """Whether an account is in use."""

    ACTIVE = "active"
    CLOSED = "closed"


class Channel(StrEnum):
    """Who sold it."""

    DIRECT = "direct"
    RESELLER = "reseller"


def search(
    ctx: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="Any part of an address, names, an account's number or Zuora id."),
    ] = None,
    email: Annotated[str | None, typer.Option(help="An address, a part of one, or a domain.")] = None,
    name: Annotated[str | None, typer.Option(help="Names, or how they begin, in any order.")] = None,
    zuora_id: Annotated[str | None, typer.Option(help="Accounts: a Zuora account id, or how it begins.")] = None,
    number: Annotated[str | None, typer.Option(help="Accounts: an account number, or how it begins.")] = None,
    status: Annotated[AccountStatus | None, typer.Option(help="Accounts: in use or not.")] = None,
    plan: Annotated[str | None, typer.Option(help="Accounts: only of this plan.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="Accounts: bought from us or from a reseller.")] = None,
    sync_state: Annotated[SyncState | None, typer.Option(help="Contacts: how they stand to Zuora.")] = None,
    *,
    login_off: Annotated[bool, typer.Option("--login-off", help="Customers: only those whose login is off.")] = False,
    limit: Limit = 20,
) -> None:
    """Find customers, billing accounts and contacts. A filter that only one of them has leaves the others out."""
    at = session(ctx)
    if text and (email or name):
        raise typer.BadParameter("either TEXT, or --email and --name")
    filters: dict[str, Question] = {
        "customers": {"login_activated": False if login_off else None},
        "billing_accounts": {
            "zuora_account_id": zuora_id, "account_number": number, "status": status, "plan": plan, "channel": channel,
        },
        "contacts": {"sync_state": sync_state},
    }  # fmt: skip
    named = {kind for kind, of_kind in filters.items() if any(value is not None for value in of_kind.values())}
    if not (text or email or name or named):
        raise typer.BadParameter("say what to search for")
    kinds = [kind for kind in filters if kind in named or not named]
    questions = {
        kind: _for_text(kind, text) if text else _for_options(kind, email, name, filtered=bool(named)) for kind in kinds
    }
    found = {
        kind: _found(at, kind, asked, filters[kind], limit) for kind, asked in questions.items() if asked is not None
    }
    at.show(found, lambda it: _shown(at, it))


def _for_text(kind: str, text: str) -> list[Question] | None:
    """What a text may mean to things of a kind; None where it can mean nothing."""
    if kind == "billing_accounts":
        if "@" in text:
            return None
        ids = [{"account_number": text}, {"zuora_account_id": text}] if _ID.fullmatch(text) else []
        return [{"name": text}, *ids]
    is_part = "@" in text or (len(text) >= _SHORTEST_PART and " " not in text)
    return [{"email": text}] * is_part + [{"name": text}] * ("@" not in text)


def _for_options(kind: str, email: str | None, name: str | None, *, filtered: bool) -> list[Question] | None:
    if kind != "billing_accounts":
        return [{"email": email, "name": name}]
    return [{"name": name}] if filtered or not email else None


def _found(at: Session, kind: str, asked: list[Question], filters: Question, limit: int) -> list[Any]:
    """The answers to all questions, each thing once."""
    path = f"/v1/support/{kind.replace('_', '-')}"
    found: dict[str, Any] = {}
    for question in asked:
        found.update(
            {each["id"]: each for each in at.listed(path, most=limit, **question, **_given(filters, question))}
        )
    return list(found.values())[:limit]


def _given(filters: Mapping[str, Any], question: Question) -> Question:
    return {name: value for name, value in filters.items() if name not in question}


def _shown(at: Session, found: dict[str, list[Any]]) -> None:
    if "customers" in found:
        people = [
            (it["id"], it["email"], it["first_name"], it["last_name"], on_off(it["login_activated"]))
            for it in found["customers"]
        ]
        at.out.table("Customers", ["id", "email", "first name", "last name", "login"], people)
    if "billing_accounts" in found:
        accounts = [
            (it["id"], it["name"], it["account_number"], it["plan"], it["status"]) for it in found["billing_accounts"]
        ]
        at.out.table("Billing accounts", ["id", "name", "number", "plan", "status"], accounts)
    if "contacts" in found:
        contacts = [
            (
                it["id"], f"{it['work_email']}\n{it['first_name']} {it['last_name']}",
                f"{it['account_id']}\n{it['account_name']}" if it["account_id"] else None, "\n".join(it["roles"]),
                it["sync"]["state"],
            )
            for it in found["contacts"]
        ]  # fmt: skip
        at.out.table("Contacts", ["id", "email, name", "account", "parts", "sync"], contacts)
