"""Commands about billing accounts as a whole: import, edit, and the lists that are read through from Zuora."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from desk import bulk_import
from desk.output import safe
from desk.paths import account_path
from desk.search import Channel
from desk.session import AccountId, Limit, Session, Ticket, session

account = typer.Typer(no_args_is_help=True, help="Import and edit accounts; their subscriptions, invoices, payments.")


class ManagedBy(StrEnum):
    """Who may invite and remove."""

    MANAGERS = "managers"
    ADMINS = "admins"


class Status(StrEnum):
    """Whether an account is in use."""

    ACTIVE = "active"
    CLOSED = "closed"


@account.command("import")
def import_account(
    ctx: typer.Context,
    zuora_id: Annotated[str, typer.Argument(metavar="ZUORA_ID", help="Zuora account id, or account number.")],
    ticket: Ticket,
) -> None:
    """Take over an account from Zuora with its contacts; the Sold To becomes the first manager."""
    at = session(ctx)
    body = {"zuora_account_id": zuora_id, "ticket_url": ticket}
    made = at.api.post("/v1/support/billing-accounts", body, key=True)
    at.show(made, lambda it: at.out.said(f"[green]{safe(it['name'])} is here:[/] {safe(it['id'])}"))


@account.command("edit")
def edit(
    ctx: typer.Context,
    account_id: AccountId,
    ticket: Ticket,
    plan: Annotated[str | None, typer.Option(help="The plan; it brings its number of managers with it.")] = None,
    max_managers: Annotated[int | None, typer.Option(min=1, help="At most so many managers.")] = None,
    managed_by: Annotated[ManagedBy | None, typer.Option(help="Who may invite and remove.")] = None,
    status: Annotated[Status | None, typer.Option()] = None,
    channel: Annotated[
        Channel | None, typer.Option(help="Bought from us or from a reseller; stays so, whatever Zuora says later.")
    ] = None,
    *,
    any_number: Annotated[bool, typer.Option("--any-number", help="Any number of managers.")] = False,
) -> None:
    """Change the plan, the number of managers, who manages them, the status, or the channel."""
    at = session(ctx)
    if any_number and max_managers is not None:
        raise typer.BadParameter("either --max-managers or --any-number")
    path = account_path(account_id)
    body = {
        "plan": plan, "max_managers": max_managers, "managed_by": managed_by, "status": status,
        "channel": channel, "ticket_url": ticket,
    }  # fmt: skip
    version = at.api.get(path)["version"]
    done = at.api.patch(path, body, version=version, emptied=["max_managers"] if any_number else [])
    at.show(done, lambda it: _edited(at, it))


def _edited(at: Session, it: dict[str, Any]) -> None:
    most = it["limits"]["managers"]["max"]
    facts = {"plan": it["plan"], "managers": "any number" if most is None else f"at most {most}"}
    at.out.card(it["name"], {**facts, "managed by": it["managed_by"], "status": it["status"], "channel": it["channel"]})


_LISTS = {
    "subscriptions": ("name", "type", "start_date", "end_date", "seats", "owed_seats", "cloud_licensing", "auto_renew"),
    "invoices": ("number", "date", "amount", "balance", "currency", "payment_status", "due_date"),
    "payment-methods": ("kind", "name", "card_type", "last_digits", "expires", "bank_name", "account_type"),
}


def _listed(ctx: typer.Context, account_id: str, name: str, limit: int) -> None:
    at = session(ctx)
    found = at.listed(f"{account_path(account_id)}/{name}", most=limit)
    columns = _LISTS[name]
    rows = [[it[column] for column in columns] for it in found]
    title = name.replace("-", " ").capitalize()
    at.show(found, lambda _it: at.out.table(title, [each.replace("_", " ") for each in columns], rows))


@account.command("subscriptions")
def subscriptions(ctx: typer.Context, account_id: AccountId, limit: Limit = 50) -> None:
    """List the subscriptions, as Zuora has them now."""
    _listed(ctx, account_id, "subscriptions", limit)


@account.command("invoices")
def invoices(ctx: typer.Context, account_id: AccountId, limit: Limit = 50) -> None:
    """List the invoices, as Zuora has them now."""
    _listed(ctx, account_id, "invoices", limit)


@account.command("payment-methods")
def payment_methods(ctx: typer.Context, account_id: AccountId, limit: Limit = 50) -> None:
    """List the ways to pay, with masked numbers."""
    _listed(ctx, account_id, "payment-methods", limit)


def import_accounts(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with the column zuora_account_id."),
    ],
    ticket: Ticket,
    per_second: Annotated[float, typer.Option(min=0.01, help="Imports a second, at most.")] = bulk_import.A_SECOND,
    *,
    again: Annotated[bool, typer.Option("--again", help="Take up those that have failed before.")] = False,
) -> None:
    """Import many accounts from Zuora; a run that is stopped is started again and continues where it was."""
    at = session(ctx)
    send = bulk_import.over_http(at.api.url, lambda: at.api.token, ticket)
    console = at.out.errors if at.out.as_json else at.out.console
    journal = bulk_import.Journal(file.with_name(f"{file.name}.journal.jsonl"))
    try:
        pace = bulk_import.Pace(per_second)
        code = bulk_import.run(file, send=send, pace=pace, console=console, again=again, journal=journal.path)
    except bulk_import.WrongFile as problem:
        raise typer.BadParameter(str(problem), param_hint="FILE") from None
    wanted = set(bulk_import.wanted_in(file))
    at.show(
        [asdict(entry) for name, entry in journal.read().items() if name in wanted],
        lambda _it: at.out.said(f"The result of each is in {safe(journal.path)}."),
    )
    raise typer.Exit(code)
