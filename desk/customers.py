"""Commands about customers: create, edit, unlink, sign-in link, erase; login off and on."""

from typing import Annotated, Any

import typer

from desk.output import on_off, safe
from desk.paths import customer_path
from desk.session import CustomerId, Session, Ticket, Yes, session

login = typer.Typer(no_args_is_help=True, help="Switch the login of a customer off or on.")
customer = typer.Typer(no_args_is_help=True, help="Create, edit and unlink customers; one-time sign-in links; erase.")

_FIELDS = ("email", "first_name", "last_name")


@login.command("off")
def login_off(
    ctx: typer.Context,
    customer_id: CustomerId,
    ticket: Ticket,
    reason: Annotated[str | None, typer.Option(help="Why; without an e-mail address in it.")] = None,
    *,
    allow_last: Annotated[
        bool, typer.Option("--allow-last", help="Also the last one who can sign in on an account; needs --reason.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Block a person everywhere; the pending invitations that they sent end."""
    at = session(ctx)
    if not yes:
        at.confirm(f"Switch the login of {at.customer_named(customer_id)} off?", yes=yes)
    body = {"login_activated": False, "allow_last": allow_last, "reason": reason, "ticket_url": ticket}
    _switched(at, customer_id, body)


@login.command("on")
def login_on(
    ctx: typer.Context,
    customer_id: CustomerId,
    ticket: Ticket,
    *,
    confirm_reactivation: Annotated[
        bool, typer.Option("--confirm-reactivation", help="Somebody switched it off on purpose; you have asked them.")
    ] = False,
) -> None:
    """Let a person in again. What was switched off on purpose needs --confirm-reactivation."""
    body = {"login_activated": True, "confirm_reactivation": confirm_reactivation, "ticket_url": ticket}
    _switched(session(ctx), customer_id, body)


def _switched(at: Session, customer_id: str, body: dict[str, Any]) -> None:
    done = at.api.patch(customer_path(customer_id), body)
    at.show(done, lambda it: at.out.said(f"The login of {safe(it['email'])} is {on_off(it['login_activated'])}."))


@customer.command("create")
def create(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(help="The person's address.")],
    first_name: Annotated[str, typer.Option()],
    last_name: Annotated[str, typer.Option()],
    ticket: Ticket,
) -> None:
    """Make a record for somebody who has none."""
    at = session(ctx)
    body = {"email": email, "first_name": first_name, "last_name": last_name, "ticket_url": ticket}
    made = at.api.post("/v1/support/customers", body, key=True)
    at.show(made, lambda it: at.out.said(f"[green]Created.[/] {safe(it['id'])}"))


@customer.command("edit")
def edit(
    ctx: typer.Context,
    customer_id: CustomerId,
    ticket: Ticket,
    email: Annotated[str | None, typer.Option(help="The new address.")] = None,
    first_name: Annotated[str | None, typer.Option()] = None,
    last_name: Annotated[str | None, typer.Option()] = None,
    *,
    replace_sold_to: Annotated[bool, typer.Option("--replace-sold-to", help="Make them the Sold To.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: Yes = False,
) -> None:
    """Change name or address; shows first which Zuora contacts follow."""
    at = session(ctx)
    path = customer_path(customer_id)
    body = {
        "email": email, "first_name": first_name, "last_name": last_name, "replace_sold_to": replace_sold_to,
        "ticket_url": ticket,
    }  # fmt: skip
    before = at.api.get(path)
    preview = at.api.patch(path, {**body, "dry_run": True}, version=before["version"])
    if not at.out.as_json:
        _preview(at, before, preview)
    if dry_run:
        at.show(preview, lambda _it: at.out.said("Nothing was changed (dry run)."))
        return
    at.confirm(f"Change {safe(before['email'])} ({customer_id})?", yes=yes)
    done = at.api.patch(path, body, version=before["version"])
    at.show(done, lambda it: at.out.said(f"[green]Changed.[/] {safe(it['email'])}"))


def _preview(at: Session, before: dict[str, Any], it: dict[str, Any]) -> None:
    own = [(name, before[name], it[name]) for name in _FIELDS if before[name] != it[name]]
    at.out.table("The customer", ["field", "before", "after"], own)
    rows = [
        (change["contact_id"], change["roles"], each["field"], each["before"], each["after"])
        for change in it["contacts"]
        for each in change["changes"]
    ]
    at.out.table("Zuora contacts that follow", ["contact", "parts", "field", "before", "after"], rows)
    at.out.notes([f"{each} gets this person as Sold To." for each in it["sold_to_replaced"]])
    at.out.notes(it["notes"])


@customer.command("unlink")
def unlink(ctx: typer.Context, customer_id: CustomerId, ticket: Ticket, *, yes: Yes = False) -> None:
    """Take the sign-in off a customer; the next one with the verified address is bound again."""
    at = session(ctx)
    if not yes:
        at.confirm(f"Unlink the sign-in of {at.customer_named(customer_id)}?", yes=yes)
    at.api.post(f"{customer_path(customer_id)}/unlink", {"ticket_url": ticket})
    at.show({"customer_id": customer_id}, lambda _it: at.out.said("[green]Unlinked.[/]"))


@customer.command("sign-in-link")
def sign_in_link(ctx: typer.Context, customer_id: CustomerId, ticket: Ticket) -> None:
    """Make a link that signs the person in once within 24 hours; it is shown this once."""
    at = session(ctx)
    made = at.api.post(f"{customer_path(customer_id)}/sign-in-link", {"ticket_url": ticket}, key=True)
    at.show(made, lambda it: at.out.said(f"{safe(it['url'])}\nuntil {safe(it['expires_at'])}, for one use"))


@customer.command("erase")
def erase(
    ctx: typer.Context,
    customer_id: CustomerId,
    ticket: Ticket,
    *,
    scrub_in_zuora: Annotated[
        bool, typer.Option("--scrub-in-zuora", help="Overwrite their contacts in Zuora too; asks once more.")
    ] = False,
) -> None:
    """Forget a person for good. Their address has to be typed, and once more for Zuora."""
    at = session(ctx)
    path = customer_path(customer_id)
    at.api.get(path)  # who is not there needs no typing
    typed = typer.prompt(f"This cannot be undone. The e-mail address of {customer_id}", err=True)
    again = (
        typer.prompt("Zuora's contacts are overwritten for good. The address again", err=True)
        if scrub_in_zuora
        else None
    )
    body = {"confirm_email": typed, "scrub_in_zuora": again, "ticket_url": ticket}
    done = at.api.post(f"{path}/erase", body)
    at.show(done, lambda it: _erased(at, it))


def _erased(at: Session, it: dict[str, Any]) -> None:
    at.out.said(
        f"[green]Erased.[/] {it['ended_memberships']} memberships, {it['scrubbed_invitations']} invitations, "
        f"{len(it['removed_contacts'])} contacts"
    )
    at.out.notes([f"Zuora still has the contact {each}." for each in it["left_in_zuora"]])
