"""Commands about addresses that mails come back from: whether one is suppressed; lift it."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from desk.output import safe
from desk.session import Session, Ticket, Yes, session

suppression = typer.Typer(no_args_is_help=True, help="Addresses that mails come back from.")
Email = Annotated[str, typer.Argument(help="The address, exactly.")]


@suppression.command("show")
def show(ctx: typer.Context, email: Email) -> None:
    """Say whether mails to exactly this address are held back, why, and until when, and who last lifted that."""
    at = session(ctx)
    at.show(_found(at, email), lambda it: at.out.said(_in_words(it) + _last_lifted(it)))


@suppression.command("lift")
def lift(ctx: typer.Context, email: Email, ticket: Ticket, *, yes: Yes = False) -> None:
    """Let mails go to this address again; first make sure that they will arrive."""
    at = session(ctx)
    found = _found(at, email)
    if found["suppressed"]:
        at.confirm(f"{_in_words(found)} Mail it again?", yes=yes)
    at.api.post("/v1/support/suppressions/lift", {"email": email, "ticket_url": ticket})
    at.show(_found(at, email), lambda it: at.out.said(f"[green]Mails go to {safe(it['email'])}.[/]"))


def _found(at: Session, email: str) -> Any:
    return at.api.get(f"/v1/support/suppressions?email={quote(email, safe='@')}")


def _in_words(it: dict[str, Any]) -> str:
    if not it["suppressed"]:
        return f"{safe(it['email'])} is not suppressed."
    return f"{safe(it['email'])} is suppressed until {safe(it['until'])} ({safe(it['reason'])})."


def _last_lifted(it: dict[str, Any]) -> str:
    last = it["last_lifted"]
    if last is None:
        return ""
    return f" Last lifted by {safe(last['actor'])} at {safe(last['at'])}: {safe(last['data']['ticket_url'])}"
