"""What all routes of the support desk share: who asks, for which ticket, which version."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import BaseModel

from chalicelib import settings, wiring
from chalicelib.api.web.fields import RequestModel, TicketUrl
from chalicelib.api.web.http import SUPPORT, Request, Response
from chalicelib.operations.support import Desk, House, Reader

PATH = SUPPORT


class ForTicket(RequestModel):
    """A change by support: for a ticket."""

    ticket_url: TicketUrl


class _WithTicket(Protocol):
    @property
    def ticket_url(self) -> str:
        """The ticket."""


def desk(request: Request, body: _WithTicket) -> Desk:
    """The caller as a support agent with that ticket."""
    return Desk(request.person, wiring.support_groups(), body.ticket_url, house())


def house() -> House:
    """The rules that keep our own agents from getting customers' access."""
    current = settings.current()
    return House(frozenset(current.support_domains), current.support_two_agents)


def reader(request: Request) -> Reader:
    """The caller as a support agent who reads."""
    return Reader(request.person, wiring.support_groups())


def tagged(model: BaseModel, version: int, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with the version of the thing as its ETag."""
    return Response(model, headers={"ETag": f'"{version}"', **(headers or {})})
