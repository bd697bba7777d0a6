"""Commands about billing accounts as a whole: import."""

from pathlib import Path
from typing import Annotated

import typer

from desk import bulk_import
from desk.session import Ticket, session


def import_accounts(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV with the column zuora_account_id.")],
    ticket: Ticket,
    per_second: Annotated[float, typer.Option(min=0.01, help="Imports a second, at most.")] = bulk_import.A_SECOND,
    *,
    again: Annotated[bool, typer.Option("--again", help="Take up those that have failed before.")] = False,
) -> None:
    """Import many accounts from Zuora; a run that is stopped is started again and goes on where it was."""
    at = session(ctx)
    send = bulk_import.over_http(at.api.url, lambda: at.api.token, ticket)
    console = at.out.errors if at.out.as_json else at.out.console
    try:
        code = bulk_import.run(file, send=send, pace=bulk_import.Pace(per_second), console=console, again=again)
    except bulk_import.WrongFile as problem:
        raise typer.BadParameter(str(problem), param_hint="FILE") from None
    raise typer.Exit(code)
