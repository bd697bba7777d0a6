"""Commands about what is not in step with Zuora: what waits or was refused, and what the nightly round found."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from desk.session import Limit, Session, session

sync = typer.Typer(no_args_is_help=True, help="What is not in step with Zuora.")


class State(StrEnum):
    """How something is not in step."""

    FAILED = "failed"
    PENDING = "pending"
    DELETED_IN_ZUORA = "deleted_in_zuora"


@sync.command("status")
def status(
    ctx: typer.Context,
    state: Annotated[State, typer.Option(help="Refused, not there yet, or deleted there.")] = State.FAILED,
    limit: Limit = 50,
) -> None:
    """List what Zuora refused, has not got yet, or has deleted."""
    at = session(ctx)
    found = at.listed("/v1/support/sync", most=limit, state=state.value)
    at.show(found, lambda it: _out_of_step(at, it))


def _out_of_step(at: Session, found: list[Any]) -> None:
    rows = []
    for it in found:
        error = f"{it['error']['code']}: {it['error']['reason']}" if it["error"] else None
        rows.append((it["kind"], it["account_id"], it["contact_id"], it["role"], it["state"], it["at"], error))
    at.out.table("Out of step", ["kind", "account", "contact", "part", "state", "since", "error"], rows)


@sync.command("drift")
def drift(ctx: typer.Context, limit: Limit = 50) -> None:
    """List where the nightly round found Zuora and our copies to differ."""
    at = session(ctx)
    found = at.listed("/v1/support/drift", most=limit)
    at.show(found, lambda it: _drift(at, it))


def _drift(at: Session, found: list[Any]) -> None:
    rows = [(it["kind"], it["account_id"], it["contact_id"], it["fields"], it["found_at"]) for it in found]
    at.out.table("Drift", ["kind", "account", "contact", "fields", "since"], rows)
