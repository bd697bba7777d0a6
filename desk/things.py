"""Commands that look at one thing: show, history."""

from typing import Annotated, Any

import typer

from desk import invitations
from desk.output import on_off, safe
from desk.paths import account_path, contact_path, customer_path
from desk.session import Limit, Session, session

_MOST = 1000
_ELSEWHERE = {
    "inv_": "an invitation is shown with its account: `desk invitations ACCOUNT`",
    "tra_": "a transfer is shown with its account: `desk transfer show ACCOUNT`",
}


def _path_of(thing: str) -> str:
    """The path of an account, a customer or a contact."""
    if thing[:4] in _ELSEWHERE:
        raise typer.BadParameter(_ELSEWHERE[thing[:4]])
    paths = {"acc_": account_path, "cus_": customer_path}
    return paths.get(thing[:4], contact_path)(thing)


def show(
    ctx: typer.Context,
    thing: Annotated[
        str, typer.Argument(metavar="ID", help="Id of an account (acc_...), a customer (cus_...) or a contact.")
    ],
) -> None:
    """Show an account with its people, a customer with their accounts, or a contact."""
    at = session(ctx)
    path = _path_of(thing)
    whole = at.api.get(path)
    if thing.startswith("acc_"):
        whole["managers"] = at.listed(f"{path}/managers", most=_MOST)
        whole["invitations"] = at.listed(f"{path}/invitations", most=_MOST)
        at.show(whole, lambda it: _account(at, it))
    elif thing.startswith("cus_"):
        at.show(whole, lambda it: _customer(at, it))
    else:
        at.show(whole, lambda it: contact_card(at, it))


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
            who = f"{contact['first_name']} {contact['last_name']} <{contact['work_email']}>"
            facts[label] = f"{who}\n{contact['id']}, {_sync(contact)}"
    if it.get("transfer_id"):
        facts["transfer"] = f"{it['transfer_id']} is under way"
    at.out.card(it["name"], facts)
    managers = [
        (
            each["id"],
            each["email"],
            each["role"],
            on_off(each["login_activated"]),
            each["is_sold_to"],
            each["is_bill_to"],
        )
        for each in it["managers"]
    ]
    at.out.table("Managers", ["id", "email", "role", "login", "Sold To", "Bill To"], managers)
    invitations.table(at, "Pending invitations", it["invitations"])


def _sync(contact: dict[str, Any]) -> str:
    sync = contact["sync"]
    return f"{sync['state']}: {sync['error']}" if sync["error"] else str(sync["state"])


def _customer(at: Session, it: dict[str, Any]) -> None:
    login = on_off(it["login_activated"])
    if it["login_changed_at"]:
        login += f", switched by {it['login_changed_by']} at {it['login_changed_at']}"
    facts = {
        "id": it["id"], "email": it["email"], "login": login, "has signed in": it["has_signed_in"],
        "here since": it["created_at"],
    }  # fmt: skip
    at.out.card(f"{it['first_name']} {it['last_name']}".strip() or it["email"], facts)
    rows = [
        (each["account_id"], each["account_name"], each["role"], each["is_sold_to"], each["is_bill_to"])
        for each in it["billing_accounts"]
    ]
    at.out.table("Billing accounts", ["id", "name", "role", "Sold To", "Bill To"], rows)


def contact_card(at: Session, it: dict[str, Any]) -> None:
    """A contact with its fields and its sync state."""
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
    at.out.card(f"{it['first_name']} {it['last_name']}", {**{name: it[name] for name in names}, "sync": _sync(it)})


def history(
    ctx: typer.Context,
    thing: Annotated[str, typer.Argument(metavar="ID", help="Id of an account, a customer or a contact.")],
    kind: Annotated[list[str] | None, typer.Option("--type", help="Only events of this type; repeat it.")] = None,
    limit: Limit = 20,
) -> None:
    """Show what happened, newest first: when, what, by whom, on whom."""
    at = session(ctx)
    found = at.listed(f"{_path_of(thing)}/history", most=limit, type=kind)
    at.show(found, lambda it: _history(at, it))


def _history(at: Session, events: list[Any]) -> None:
    """One block for each event: there is too much in them for the columns of a table."""
    at.out.said("[bold]History[/]" if events else "[bold]History[/]: nothing")
    for it in events:
        at.out.said(f"\n{it['at']}  [bold]{safe(it['type'])}[/]")
        at.out.said(f"  by {safe(it['actor'])} on {safe(it['subject'])}")
        for name, value in it["data"].items():
            what, _, when = name.rpartition("_")
            if when == "after" and f"{what}_before" in it["data"]:
                at.out.said(f"    {safe(what)}: {_quoted(it['data'][f'{what}_before'])} → {_quoted(value)}")
            elif value not in (None, "") and not (when == "before" and f"{what}_after" in it["data"]):
                at.out.said(f"    {safe(name)}={safe(value)}")


def _quoted(value: Any) -> str:
    """A value with its bounds: one that was emptied is seen to be."""
    return f'"{safe(value)}"' if isinstance(value, str) else safe(value)
