"""``python -m desk``: the tool as a whole.

Exit codes: 0 done; 1 refused, or not confirmed; 2 wrong usage; 3 not signed in or not allowed; 4 not found;
5 the service does not answer, is busy, or limits.
"""

import sys
from typing import Annotated

import typer

from desk import accounts, contacts, customers, invitations, people, search, suppressions, things, transfers
from desk.client import Refused, Unreachable
from desk.output import Output
from desk.proofs import NEEDS
from desk.session import Settings
from desk.sync import sync

app = typer.Typer(
    name="desk", no_args_is_help=True, pretty_exceptions_enable=False, help="The support desk of billing managers."
)
app.command()(search.search)
app.command()(things.show)
app.command()(things.history)
app.command(epilog=NEEDS)(people.grant)
app.command()(people.remove)
app.command()(people.role)
app.command(epilog=NEEDS)(invitations.invite)
app.command()(invitations.invitations)
app.command(epilog=NEEDS)(invitations.resend)
app.command()(invitations.revoke)
app.command("import-accounts")(accounts.import_accounts)
app.add_typer(transfers.transfer, name="transfer")
app.add_typer(accounts.account, name="account")
app.add_typer(contacts.contact, name="contact")
app.add_typer(customers.customer, name="customer")
app.add_typer(customers.login, name="login")
app.add_typer(suppressions.suppression, name="suppression")
app.add_typer(sync, name="sync")


@app.callback()
def settings(
    ctx: typer.Context,
    api_url: Annotated[str | None, typer.Option("--api-url", envvar="DESK_API_URL", help="Where the API is.")] = None,
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
    said = ctx.ensure_object(Settings)
    said.api_url, said.token, said.token_command, said.as_json = api_url, token, token_command, as_json


def main() -> None:
    """Runs the tool; what the API refuses becomes a message and an exit code."""
    said = Settings()
    try:
        app(prog_name="desk", obj=said)
    except Refused as refusal:
        Output(as_json=said.as_json).refused(refusal.problem, retry_after=refusal.retry_after)
        sys.exit(refusal.exit_code)
    except Unreachable as error:
        Output(as_json=said.as_json).errors.print(f"[red]{error}[/]", soft_wrap=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
