"""``python -m desk``: the tool as a whole.

Exit codes: 0 done; 1 refused, or not confirmed; 2 wrong usage; 3 not signed in or not allowed; 4 not found;
5 the service does not answer, is busy, or limits.
"""

import sys
from typing import Annotated

import typer

from desk import accounts, contacts, people, things, transfers
from desk.client import Api, Refused, Unreachable
from desk.output import Output
from desk.session import Session, token_from

app = typer.Typer(
    name="desk", no_args_is_help=True, pretty_exceptions_enable=False, help="The support desk of billing managers."
)
app.command()(things.search)
app.command()(things.show)
app.command()(things.history)
app.command()(people.grant)
app.command()(people.remove)
app.command()(people.invite)
app.command()(people.revoke)
app.command("import-accounts")(accounts.import_accounts)
app.add_typer(transfers.transfer, name="transfer")
app.add_typer(contacts.contact, name="contact")
app.add_typer(people.customer, name="customer")
app.add_typer(people.login, name="login")
app.add_typer(things.sync, name="sync")


@app.callback()
def settings(
    ctx: typer.Context,
    api_url: Annotated[str, typer.Option("--api-url", envvar="DESK_API_URL", help="Where the API is.")],
    token: Annotated[
        str | None, typer.Option("--token", envvar="DESK_TOKEN", help="Your access token.", show_envvar=True)
    ] = None,
    token_command: Annotated[
        str | None, typer.Option("--token-command", envvar="DESK_TOKEN_COMMAND", help="A command that prints it.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API answers, for programs.")] = False,
) -> None:
    """The support desk of billing managers: everything goes through the HTTP API, as you."""
    ctx.obj = Session(Api(api_url.rstrip("/"), token_from(token, token_command)), Output(as_json=as_json))


def main() -> None:
    """Runs the tool; what the API refuses becomes a message and an exit code."""
    out = Output(as_json=False)
    try:
        app(prog_name="desk")
    except Refused as refusal:
        out.refused(refusal.problem)
        sys.exit(refusal.exit_code)
    except Unreachable as error:
        out.errors.print(f"[red]{error}[/]")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
