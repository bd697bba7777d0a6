"""Commands about people: grant, remove, invite, revoke, login, customer."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from desk.client import part
from desk.output import safe
from desk.session import AccountId, CustomerId, Session, Ticket, Yes, session

login = typer.Typer(no_args_is_help=True, help="Switch the login of a customer off or on.")
customer = typer.Typer(no_args_is_help=True, help="Create, edit and unlink customers; one-time sign-in links; erase.")

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


class Role(StrEnum):
    """What a manager may do."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


class Method(StrEnum):
    """The accepted proofs of ownership; docs/verification.md says what each must show."""

    SOLD_TO_APPROVAL = "sold_to_approval"
    BILL_TO_APPROVAL_WITH_INVOICE = "bill_to_approval_with_invoice"
    PRIOR_CONTRACT = "prior_contract"
    RECENT_INVOICE = "recent_invoice"
    LICENSE_TEXT = "license_text"
    NAMESPACE_OWNER = "namespace_owner"
    RESELLER_VOUCH = "reseller_vouch"


MethodOption = Annotated[Method, typer.Option("--method", help="The proof of ownership.")]
Proof = Annotated[
    list[str],
    typer.Option("--proof", metavar="NAME=VALUE", help="Evidence; repeat it. NAME=@FILE reads the value from a file."),
]


def account_path(account: str) -> str:
    """The path of an account."""
    return f"/v1/support/billing-accounts/{part(account)}"


def customer_path(customer_id: str) -> str:
    """The path of a customer."""
    return f"/v1/support/customers/{part(customer_id)}"


def verification(method: Method, proof: list[str]) -> dict[str, Any]:
    """The proof as the API takes it."""
    found: dict[str, Any] = {"method": method.value}
    for each in proof:
        name, is_pair, value = each.partition("=")
        if not is_pair:
            raise typer.BadParameter(f"{each!r} is not NAME=VALUE", param_hint="--proof")
        if value.startswith("@"):
            value = _content_of(value[1:])
        found[name] = _TRUTH.get(value.lower(), value)
    return found


def _content_of(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {name}: {error}", param_hint="--proof") from None


def grant(
    ctx: typer.Context,
    account: AccountId,
    person: Annotated[str, typer.Argument(help="An e-mail address or a customer id.")],
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
    at.out.said(f"Login: {'on' if it['login_activated'] else 'off'}")
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
    at.out.notes(preview["notes"])
    at.out.notes(
        [f"{preview['ended_invitations']} pending invitations end with it."] * (preview["ended_invitations"] > 0)
    )
    at.confirm(f"Remove {preview['email']} ({preview['role']}) from {account}?", yes=yes)
    at.api.post(path, body)
    at.show(preview, lambda it: at.out.said(f"[green]Removed.[/] {safe(it['email'])}"))


def invite(
    ctx: typer.Context,
    account: AccountId,
    email: Annotated[str, typer.Argument(help="Whom to invite.")],
    ticket: Ticket,
    role: Role = Role.MANAGER,
    days: Annotated[int | None, typer.Option(min=1, max=30, help="How long it is good for.")] = None,
) -> None:
    """Invite somebody by mail on behalf of an account."""
    at = session(ctx)
    body = {"email": email, "role": role.value, "expires_in_days": days, "ticket_url": ticket}
    made = at.api.post(f"{account_path(account)}/invitations", body, key=True)
    at.show(made, lambda it: at.out.said(f"[green]Invited.[/] {safe(it['id'])}, until {safe(it['expires_at'])}"))


def revoke(
    ctx: typer.Context,
    account: AccountId,
    invitation: Annotated[str, typer.Argument(help="Id of an invitation (inv_...).")],
    ticket: Ticket,
    *,
    yes: Yes = False,
) -> None:
    """Take an invitation back; its link is dead at once."""
    at = session(ctx)
    at.confirm(f"Revoke {invitation}?", yes=yes)
    done = at.api.post(f"{account_path(account)}/invitations/{part(invitation)}/revoke", {"ticket_url": ticket})
    at.show(done, lambda it: at.out.said(f"[green]The invitation is {safe(it['status'])}.[/]"))


@login.command("off")
def login_off(ctx: typer.Context, customer_id: CustomerId, ticket: Ticket, *, yes: Yes = False) -> None:
    """Block a person everywhere; the pending invitations that they sent end."""
    at = session(ctx)
    at.confirm(f"Switch the login of {customer_id} off?", yes=yes)
    _switched(at, customer_id, {"login_activated": False, "ticket_url": ticket})


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
    state = "on" if done["login_activated"] else "off"
    at.show(done, lambda it: at.out.said(f"The login of {safe(it['email'])} is {state}."))


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
    version = at.api.get(path)["version"]
    preview = at.api.patch(path, {**body, "dry_run": True})
    if not at.out.as_json or not dry_run:
        _preview(at, preview)
    if dry_run:
        at.show(preview, lambda _it: at.out.said("Nothing was changed (dry run)."))
        return
    at.confirm(f"Change {customer_id}?", yes=yes)
    done = at.api.patch(path, body, version=version)
    at.show(done, lambda it: at.out.said(f"[green]Changed.[/] {safe(it['email'])}"))


def _preview(at: Session, it: dict[str, Any]) -> None:
    if at.out.as_json:
        return
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
    """Take the sign-in off a customer; the next one with the verified address is bound anew."""
    at = session(ctx)
    at.confirm(f"Unlink the sign-in of {customer_id}?", yes=yes)
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
    typed = typer.prompt(f"This cannot be undone. The e-mail address of {customer_id}", err=True)
    again = (
        typer.prompt("Zuora's contacts are overwritten for good. The address again", err=True)
        if scrub_in_zuora
        else None
    )
    body = {"confirm_email": typed, "scrub_in_zuora": again, "ticket_url": ticket}
    done = at.api.post(f"{customer_path(customer_id)}/erase", body)
    at.show(done, lambda it: _erased(at, it))


def _erased(at: Session, it: dict[str, Any]) -> None:
    at.out.said(
        f"[green]Erased.[/] {it['ended_memberships']} memberships, {it['scrubbed_invitations']} invitations, "
        f"{len(it['removed_contacts'])} contacts"
    )
    at.out.notes([f"Zuora still has the contact {each}." for each in it["left_in_zuora"]])
