"""Commands about contacts: edit with a preview, add from Zuora, force a sync."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from desk.output import safe
from desk.paths import contact_path
from desk.session import Session, Ticket, Yes, session
from desk.things import contact_card

contact = typer.Typer(no_args_is_help=True, help="Edit contacts, add one from Zuora, bring one into step.")

ContactId = Annotated[str, typer.Argument(metavar="CONTACT", help="Zuora contact id.")]


class Prefer(StrEnum):
    """Whose values are right."""

    OURS = "ours"
    ZUORA = "zuora"


@contact.command("edit")
def edit(
    ctx: typer.Context,
    contact_id: ContactId,
    ticket: Ticket,
    first_name: Annotated[str | None, typer.Option()] = None,
    last_name: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option(help="The new work e-mail.")] = None,
    address1: Annotated[str | None, typer.Option()] = None,
    address2: Annotated[str | None, typer.Option()] = None,
    city: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option()] = None,
    postal_code: Annotated[str | None, typer.Option()] = None,
    country: Annotated[str | None, typer.Option()] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: Yes = False,
) -> None:
    """Change a contact; shows first what changes and whose part it touches."""
    at = session(ctx)
    path = contact_path(contact_id)
    body: dict[str, Any] = {
        "first_name": first_name, "last_name": last_name, "work_email": email, "address1": address1,
        "address2": address2, "city": city, "state": state, "postal_code": postal_code, "country": country,
        "ticket_url": ticket,
    }  # fmt: skip
    before = at.api.get(path)
    preview = at.api.patch(path, {**body, "dry_run": True}, version=before["version"])
    if not at.out.as_json:
        _preview(at, preview)
    if dry_run or not preview["changed"]:
        at.show(preview, lambda _it: at.out.said("Nothing was changed."))
        return
    at.confirm(f"Change {safe(before['work_email'])} ({contact_id})?", yes=yes)
    done = at.api.patch(path, body, version=before["version"])
    at.show(done, lambda _it: at.out.said("[green]Changed.[/] Zuora follows in a moment."))


def _preview(at: Session, it: dict[str, Any]) -> None:
    rows = [(name, it["before"].get(name), it[name]) for name in it["changed"]]
    at.out.table("Changes", ["field", "before", "after"], rows)
    touched = {"sold_to": "Sold To", "bill_to": "Bill To"}
    parts = " and ".join(touched[each] for each in it["touches"])
    at.out.notes([f"This is the {parts} of the account." if parts else "This contact plays no part on an account."])


@contact.command("add")
def add(ctx: typer.Context, contact_id: ContactId, ticket: Ticket) -> None:
    """Take over a contact that only Zuora knows, with all it has there."""
    at = session(ctx)
    body = {"zuora_contact_id": contact_id, "ticket_url": ticket}
    added = at.api.post("/v1/support/contacts", body, key=True)
    at.show(added, lambda it: contact_card(at, it))


@contact.command("sync")
def sync(ctx: typer.Context, contact_id: ContactId, ticket: Ticket, prefer: Prefer = Prefer.OURS) -> None:
    """Have a contact brought into step, with our values or with Zuora's."""
    at = session(ctx)
    body = {"prefer": prefer.value, "ticket_url": ticket}
    done = at.api.post(f"{contact_path(contact_id)}/sync", body)
    at.show(done, lambda it: contact_card(at, it))
