"""What every command works with: the API, the output, and the questions that are asked before something is done."""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from desk.client import Api
from desk.output import Output, safe
from desk.paths import account_path, customer_path

Ticket = Annotated[
    str, typer.Option("--ticket", envvar="DESK_TICKET", help="Link to the ticket that asks for this (https://...).")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id of a billing account (acc_...).")]
CustomerId = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Id of a customer (cus_...).")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most so many of each kind.")]

_URL = re.compile(r"https?://\S+")
_TOKEN = re.compile(r"[!-~]+")


class Role(StrEnum):
    """What a manager may do."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


@dataclass(slots=True)
class Settings:
    """What was said before the command; looked at when a command runs, so that ``--help`` needs none of it."""

    api_url: str | None = None
    token: str | None = None
    token_command: str | None = None
    as_json: bool = False


@dataclass(slots=True)
class Session:
    """One run of the tool."""

    api: Api
    out: Output
    said_more: bool = False

    def show(self, thing: Any, as_text: Any) -> None:
        """Prints a thing: as JSON, or by the function for people."""
        if self.out.as_json:
            self.out.json(thing)
        else:
            as_text(thing)

    def listed(self, path: str, *, most: int, **query: Any) -> list[Any]:
        """A list, up to so many; says once when there are more."""
        found, more = self.api.listed(path, most=most, **query)
        if more and not self.said_more:
            self.said_more = True
            self.out.notes([f"There are more than these {most}; --limit shows more, another question fewer."])
        return found

    def confirm(self, question: str, *, yes: bool) -> None:
        """Asks before something that cannot be undone; without a yes the tool ends, and nothing has happened."""
        if not yes:
            typer.confirm(question, abort=True, err=True)

    def customer_named(self, customer_id: str) -> str:
        """A customer as a question names them, so that whoever answers sees whom it is about."""
        return f"{safe(self.api.get(customer_path(customer_id))['email'])} ({customer_id})"

    def account_named(self, account: str) -> str:
        """An account as a question names it."""
        return f"{safe(self.api.get(account_path(account))['name'])} ({account})"


def session(ctx: typer.Context) -> Session:
    """The session of a command. Refuses as wrong usage when it is not said where the API is, or who asks."""
    settings = ctx.find_object(Settings) or Settings()
    if not settings.api_url:
        raise typer.BadParameter("it has to be said where the API is: --api-url or DESK_API_URL")
    if not _URL.fullmatch(settings.api_url):
        raise typer.BadParameter(f"{settings.api_url!r} is not the URL of the API, https://...")
    token = token_from(settings.token, settings.token_command)
    return Session(Api(settings.api_url.rstrip("/"), token), Output(as_json=settings.as_json))


def token_from(given: str | None, command: str | None) -> str:
    """The access token: as given, or what a command prints. Refuses as wrong usage when there is neither."""
    token = (given or "").strip() or (_printed_by(command) if command else "")
    if not token:
        raise typer.BadParameter("an access token is needed: --token, DESK_TOKEN, or DESK_TOKEN_COMMAND")
    if not _TOKEN.fullmatch(token):
        raise typer.BadParameter("the access token has spaces, line breaks or strange characters in it")
    return token


def _printed_by(command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own
            shlex.split(command), check=False, capture_output=True, text=True, env=os.environ
        )
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"the command for the token cannot be run: {error}") from None
    if done.returncode != 0 or not done.stdout.strip():
        raise typer.BadParameter(f"the command for the token failed with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()
