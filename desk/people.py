"""Commands about the managers of an account: grant, remove, role."""

from typing import Annotated, Any

import typer

from desk.output import on_off, safe
from desk.paths import account_path, part
from desk.proofs import MethodOption, Proof, verification
from desk.session import AccountId, CustomerId, Role, Session, Ticket, Yes, session


def grant(
    ctx: typer.Context,
    account: AccountId,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="An e-mail address or a customer id.")],
    method: MethodOption,
    ticket: Ticket,
    proof: Proof = [],  # noqa: B006 -- Typer's way; never changed
    role: Role = Role.MANAGER,
) -> None:
    """Make somebody a manager, on a proof of ownership."""
    at = session(ctx)
    who = {"email": person} if "@" in person else {"customer_id": person}
    body = {**who, "role": role.value, "verification": verification(method, proof), "ticket_url": ticket}
    made = at.api.post(f"{account_path(account)}/managers", body, key=True)
    at.show(made, lambda it: _granted(at, it))


def _granted(at: Session, it: dict[str, Any]) -> None:
    new = " (a new record)" if it["new_customer"] else ""
    at.out.said(f"[green]Granted.[/] {safe(it['email'])} is {safe(it['role'])}{new}: {safe(it['id'])}")
    at.out.said(f"Login: {on_off(it['login_activated'])}")
    at.out.notes(it["notes"])


def remove(
    ctx: typer.Context,
    account: AccountId,
    customer_id: CustomerId,
    reason: Annotated[str, typer.Option(help="Why; without an e-mail address in it.")],
    ticket: Ticket,
    *,
    allow_last: Annotated[bool, typer.Option("--allow-last", help="Also the last manager.")] = False,
    override_contact: Annotated[bool, typer.Option("--override-contact", help="Also a Sold To or Bill To.")] = False,
    yes: Yes = False,
) -> None:
    """Remove a manager; says beforehand what that leaves behind."""
    at = session(ctx)
    path = f"{account_path(account)}/managers/{part(customer_id)}/remove"
    body = {"reason": reason, "allow_last": allow_last, "override_contact": override_contact, "ticket_url": ticket}
    preview = at.api.post(path, {**body, "dry_run": True})
    at.out.said(f"Login: {on_off(preview['login_activated'])}")
    at.out.notes(preview["notes"])
    at.out.notes(
        [f"{preview['ended_invitations']} pending invitations end with it."] * (preview["ended_invitations"] > 0)
    )
    if not yes:
        at.confirm(f"Remove {safe(preview['email'])} ({preview['role']}) from {at.account_named(account)}?", yes=yes)
    at.api.post(path, body)
    at.show(preview, lambda it: at.out.said(f"[green]Removed.[/] {safe(it['email'])}"))


def role(
    ctx: typer.Context,
    account: AccountId,
    customer_id: CustomerId,
    new_role: Annotated[Role, typer.Argument(metavar="ROLE", help="admin, manager or viewer")],
    ticket: Ticket,
) -> None:
    """Give a manager another role."""
    at = session(ctx)
    path = f"{account_path(account)}/managers/{part(customer_id)}"
    done = at.api.patch(path, {"role": new_role.value, "ticket_url": ticket})
    at.show(done, lambda it: at.out.said(f"[green]{safe(it['email'])} is {safe(it['role'])} now.[/]"))
