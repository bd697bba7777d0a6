"""Commands about transfers of ownership: start, show, cancel."""

import time
from typing import Annotated, Any

import typer

from desk import hints
from desk.client import EXIT_NOT_FOUND
from desk.invitations import delivery_of
from desk.paths import account_path, invitation_path, part
from desk.proofs import NEEDS, MethodOption, Proof, verification
from desk.session import AccountId, Role, Session, Ticket, Yes, session

transfer = typer.Typer(no_args_is_help=True, help="Transfer an account: new manager in, Sold To changed, old one out.")

TransferId = Annotated[str, typer.Argument(metavar="TRANSFER", help="Id of a transfer (tra_...).")]
MaybeTransferId = Annotated[
    str | None, typer.Argument(metavar="[TRANSFER]", help="Id of a transfer (tra_...); otherwise the newest.")
]
_NAMES = {
    "new_manager": "new manager in",
    "sold_to_requested": "Sold To chosen",
    "sold_to_synced": "Sold To in Zuora",
    "old_manager_removed": "old manager out",
}
_ENDS = {"completed", "failed", "cancelled"}
_PAUSE = 2.0


@transfer.command("start", epilog=NEEDS)
def start(
    ctx: typer.Context,
    account: AccountId,
    from_: Annotated[str, typer.Option("--from", help="Customer id of who has the account now.")],
    to: Annotated[str, typer.Option("--to", help="Customer id or e-mail address of who gets it.")],
    method: MethodOption,
    ticket: Ticket,
    proof: Proof = [],  # noqa: B006 -- Typer's way; never changed
    role: Role = Role.ADMIN,
    *,
    yes: Yes = False,
) -> None:
    """Start a transfer; somebody without a record is invited first."""
    at = session(ctx)
    if not yes:
        whom = to if "@" in to else at.customer_named(to)
        at.confirm(f"Transfer {at.account_named(account)} from {at.customer_named(from_)} to {whom}?", yes=yes)
    body: dict[str, Any] = {
        "from": from_,
        "to": {"email": to} if "@" in to else to,
        "role": role.value,
        "verification": verification(method, proof),
        "ticket_url": ticket,
    }
    made = at.api.post(f"{account_path(account)}/transfer", body, key=True)
    at.show(made, lambda it: _shown(at, it))
    at.out.notes([f"It continues by itself; `desk transfer show {account}` says how far it is."])


@transfer.command("show")
def show(
    ctx: typer.Context,
    account: AccountId,
    transfer_id: MaybeTransferId = None,
    wait: Annotated[int, typer.Option(min=0, max=3600, help="Wait up to so many seconds for its end.")] = 0,
) -> None:
    """Show how far a transfer is; with --wait, the exit code is 1 unless it is completed by then."""
    at = session(ctx)
    path = f"{account_path(account)}/transfers/{part(transfer_id or _newest(at, account))}"
    until = time.monotonic() + wait
    it = at.api.get(path)
    while it["state"] not in _ENDS and time.monotonic() < until:
        time.sleep(_PAUSE)
        it = at.api.get(path)
    at.show(it, lambda shown: _shown(at, shown))
    if wait and it["state"] != "completed":
        raise typer.Exit(1)


def _newest(at: Session, account: str) -> str:
    """The transfer that was started last, as the history of the account has it."""
    events = at.api.get(f"{account_path(account)}/history", type="transfer_started", limit=1)["data"]
    if not events:
        at.out.errors.print("This account was never transferred.")
        raise typer.Exit(EXIT_NOT_FOUND)
    return str(events[0]["data"]["transfer_id"])


@transfer.command("cancel")
def cancel(
    ctx: typer.Context, account: AccountId, transfer_id: TransferId, ticket: Ticket, *, yes: Yes = False
) -> None:
    """Stop a transfer before its last step; what has happened stays."""
    at = session(ctx)
    if not yes:
        at.confirm(f"Cancel {transfer_id} of {at.account_named(account)}?", yes=yes)
    path = f"{account_path(account)}/transfers/{part(transfer_id)}/cancel"
    at.show(at.api.post(path, {"ticket_url": ticket}), lambda it: _shown(at, it))


def _invitation(at: Session, it: dict[str, Any]) -> str | None:
    """Whom the invitation is for and what became of it and its mail, as long as that is waited for."""
    invitation = it["invitation_id"]
    if invitation is None or it["to_customer_id"] is not None:
        return None if invitation is None else str(invitation)
    found = at.api.get(invitation_path(it["account_id"], invitation))
    mail = delivery_of(found)
    return f"{invitation}\n{found['email']}, {found['status']}" + (f", mail {mail}" if mail else "")


def _shown(at: Session, it: dict[str, Any]) -> None:
    at.out.card(
        f"Transfer {it['id']}",
        {
            "state": it["state"],
            "waits for": it["waits_for"],
            "trouble": it["error"],
            "from": it["from_customer_id"],
            "to": it["to_customer_id"],
            "invitation": _invitation(at, it),
        },
    )
    hint = hints.about_trouble(it)
    at.out.notes([hint] if hint else [])
    at.out.table(
        "Steps", ["step", "state", "at"], [(_NAMES[each["name"]], each["state"], each["at"]) for each in it["steps"]]
    )
