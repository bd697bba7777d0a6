"""What every command works with: the API, the output, and the questions that are asked before something is done."""

import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from desk.client import Api
from desk.output import Output

Ticket = Annotated[
    str, typer.Option("--ticket", envvar="DESK_TICKET", help="Link to the ticket that asks for this (https://...).")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id of a billing account (acc_...).")]
CustomerId = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Id of a customer (cus_...).")]


@dataclass(slots=True)
class Session:
    """One run of the tool."""

    api: Api
    out: Output

    def show(self, thing: Any, as_text: Any) -> None:
        """Prints a thing: as JSON, or by the function for people."""
        if self.out.as_json:
            self.out.json(thing)
        else:
            as_text(thing)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Asks before something that cannot be undone; without a yes the tool ends, and nothing has happened."""
        if not yes:
            typer.confirm(question, abort=True, err=True)


def session(ctx: typer.Context) -> Session:
    """The session of a command."""
    found: Session = ctx.obj
    return found


def token_from(given: str | None, command: str | None) -> str:
    """The access token: as given, or what a command prints. Refuses as wrong usage when there is neither."""
    if given:
        return given.strip()
    if command:
        words = shlex.split(command)
        done = subprocess.run(words, check=False, capture_output=True, text=True, env=os.environ)  # noqa: S603 -- the user's own
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.strip()
        raise typer.BadParameter(f"the command for the token failed with {done.returncode}")
    raise typer.BadParameter("an access token is needed: --token, DESK_TOKEN, or DESK_TOKEN_COMMAND")
