"""Commands that look: search, show, history, sync status."""

from typing import Annotated, Any

import typer

from desk.client import part
from desk.people import account_path, customer_path
from desk.session import Session, session

sync = typer.Typer(no_args_is_help=True, help="What is not in step with Zuora.")

_MOST = 100
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most so many of each kind.")]


def search(
    ctx: typer.Context,
    text: Annotated[str | None, typer.Argument(help="An address or part of one (with @ or a dot), or a name.")] = None,
    email: Annotated[str | None, typer.Option(help="An address, a part of one, or a domain.")] = None,
    name: Annotated[str | None, typer.Option(help="Names, or how they begin, in any order.")] = None,
    zuora_id: Annotated[str | None, typer.Option(help="A Zuora account id, or how it begins.")] = None,
    number: Annotated[str | None, typer.Option(help="An account number, or how it begins.")] = None,
    *,
    login_off: Annotated[bool, typer.Option("--login-off", help="Only customers whose login is off.")] = False,
    limit: Limit = 20,
) -> None:
    """Find customers, billing accounts and contacts."""
    at = session(ctx)
    if text is not None and not (email or name):
        email, name = (text, None) if "@" in text or ("." in text and " " not in text) else (None, text)
    found: dict[str, list[Any]] = {}
    by_account = {"name": name, "zuora_account_id": zuora_id, "account_number": number}
    if email or name or login_off:
        off = False if login_off else None
        found["customers"] = list(
            at.api.pages("/v1/support/customers", most=limit, email=email, name=name, login_activated=off)
        )
    if not email and not login_off and any(by_account.values()):
        found["billing_accounts"] = list(at.api.pages("/v1/support/billing-accounts", most=limit, **by_account))
    if (email or name) and not login_off:
        found["contacts"] = list(at.api.pages("/v1/support/contacts", most=limit, email=email, name=name))
    if not found:
        raise typer.BadParameter("say what to search for")
    at.show(found, lambda it: _found(at, it))


def _found(at: Session, found: dict[str, list[Any]]) -> None:
    if "customers" in found:
        people = [
            (it["id"], it["email"], it["first_name"], it["last_name"], it["login_activated"])
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
                it["id"], it["work_email"], f"{it['first_name']} {it['last_name']}", it["account_name"], it["roles"],
                it["sync"]["state"],
            )
            for it in found["contacts"]
        ]  # fmt: skip
        at.out.table("Contacts", ["id", "email", "name", "account", "parts", "sync"], contacts)


def show(
    ctx: typer.Context,
    thing: Annotated[str, typer.Argument(help="Id of an account (acc_...), a customer (cus_...) or a contact.")],
) -> None:
    """Show an account with its people, a customer with their accounts, or a contact."""
    at = session(ctx)
    if thing.startswith("acc_"):
        path = account_path(thing)
        whole = at.api.get(path)
        whole["managers"] = list(at.api.pages(f"{path}/managers", most=_MOST))
        whole["invitations"] = list(at.api.pages(f"{path}/invitations", most=_MOST))
        at.show(whole, lambda it: _account(at, it))
    elif thing.startswith("cus_"):
        at.show(at.api.get(customer_path(thing)), lambda it: _customer(at, it))
    else:
        at.show(at.api.get(f"/v1/support/contacts/{part(thing)}"), lambda it: contact_card(at, it))


def _account(at: Session, it: dict[str, Any]) -> None:
    limits = it["limits"]
    most = limits["managers"]["max"]
    facts = {
        "id": it["id"], "Zuora id": it["zuora_account_id"], "number": it["account_number"], "plan": it["plan"],
        "channel": it["channel"], "status": it["status"], "managed by": it["managed_by"],
        "managers": f"{limits['managers']['used']} of {'any number' if most is None else most}",
    }  # fmt: skip
    for name, label in (("sold_to", "Sold To"), ("bill_to", "Bill To")):
        contact = it["contacts"][name]
        if contact:
            facts[label] = f"{contact['first_name']} {contact['last_name']} <{contact['work_email']}> ({contact['id']})"
    at.out.card(it["name"], facts)
    managers = [
        (each["id"], each["email"], each["role"], each["login_activated"], each["is_sold_to"], each["is_bill_to"])
        for each in it["managers"]
    ]
    at.out.table("Managers", ["id", "email", "role", "login", "Sold To", "Bill To"], managers)
    pending = [(each["id"], each["email"], each["role"], each["expires_at"]) for each in it["invitations"]]
    at.out.table("Pending invitations", ["id", "email", "role", "until"], pending)


def _customer(at: Session, it: dict[str, Any]) -> None:
    facts = {
        "id": it["id"], "email": it["email"], "login": "on" if it["login_activated"] else "off",
        "has signed in": it["has_signed_in"],
    }  # fmt: skip
    at.out.card(f"{it['first_name']} {it['last_name']}".strip() or it["email"], facts)
    rows = [
        (each["account_id"], each["account_name"], each["role"], each["is_sold_to"], each["is_bill_to"])
        for each in it["billing_accounts"]
    ]
    at.out.table("Billing accounts", ["id", "name", "role", "Sold To", "Bill To"], rows)


def contact_card(at: Session, it: dict[str, Any]) -> None:
    """A contact with its fields and how it stands to Zuora."""
    names = (
        "id",
        "account_id",
        "roles",
        "work_email",
        "address1",
        "address2",
        "postal_code",
        "city",
        "state",
        "country",
    )
    state = it["sync"]["state"] + (f": {it['sync']['error']}" if it["sync"]["error"] else "")
    at.out.card(f"{it['first_name']} {it['last_name']}", {**{name: it[name] for name in names}, "sync": state})


def history(
    ctx: typer.Context,
    thing: Annotated[str, typer.Argument(help="Id of an account, a customer or a contact.")],
    kind: Annotated[str | None, typer.Option("--type", help="Only events of this type.")] = None,
    limit: Limit = 20,
) -> None:
    """Show what happened, newest first: when, what, by whom, on whom."""
    at = session(ctx)
    paths = {"acc_": account_path(thing), "cus_": customer_path(thing)}
    path = paths.get(thing[:4], f"/v1/support/contacts/{part(thing)}")
    found = list(at.api.pages(f"{path}/history", most=limit, type=kind))
    at.show(found, lambda it: _history(at, it))


def _history(at: Session, events: list[Any]) -> None:
    rows = [(it["at"], it["type"], it["actor"], it["subject"], _facts(it["data"])) for it in events]
    at.out.table("History", ["at", "what", "by", "on", "facts"], rows)


def _facts(data: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in data.items() if value not in (None, ""))


@sync.command("status")
def status(
    ctx: typer.Context,
    state: Annotated[str, typer.Option(help="failed, pending or deleted_in_zuora")] = "failed",
    limit: Limit = 50,
) -> None:
    """List what Zuora refused, has not got yet, or has deleted."""
    at = session(ctx)
    found = list(at.api.pages("/v1/support/sync", most=limit, state=state))
    at.show(found, lambda it: _out_of_step(at, it))


def _out_of_step(at: Session, found: list[Any]) -> None:
    rows = []
    for it in found:
        error = f"{it['error']['code']}: {it['error']['reason']}" if it["error"] else "-"
        rows.append((it["kind"], it["account_id"], it["contact_id"], it["role"], it["state"], it["at"], error))
    at.out.table("Out of step", ["kind", "account", "contact", "part", "state", "since", "error"], rows)
