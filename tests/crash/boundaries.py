"""A process that crashes at one exact AWS call: just before it is sent, or just after it has taken effect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

from chalicelib import wiring
from chalicelib.store import connection, identities

When = Literal["before", "after"]


class Crash(BaseException):
    """The end of a Lambda process; no ``except Exception`` can catch it."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where the process crashes: at its nth call (from 0)."""

    call: int
    when: When

    def __str__(self) -> str:
        return f"{self.when} call {self.call}"


@dataclass(slots=True)
class Process:
    """One run of the service. ``calls`` are the AWS calls that it has started, by service and operation."""

    dies: Point | None = None
    calls: list[str] = field(default_factory=list)

    def before(self, name: str) -> None:
        """A call is about to be sent."""
        self.calls.append(name)
        self._die_if(Point(len(self.calls) - 1, "before"))

    def after(self) -> None:
        """A call has taken effect and its answer has arrived."""
        self._die_if(Point(len(self.calls) - 1, "after"))

    def _die_if(self, here: Point) -> None:
        if here == self.dies:
            raise Crash(str(here))


Armed = NewType("Armed", list[Process])
"""The process that runs at present, if any; what is armed asks it at every call."""


@contextmanager
def armed() -> Iterator[Armed]:
    """Arms every client of the service (not those of the test kit)."""
    running = Armed([])
    clients = [connection.client(), wiring.queues()._sqs, wiring.secrets()._manager, wiring.mailer()._ses]  # noqa: SLF001 -- all of them

    def before(event_name: str, **_call: Any) -> None:
        for process in running:
            process.before(event_name.removeprefix("before-send."))

    def after(**_call: Any) -> None:
        for process in running:
            process.after()

    for client in clients:
        client.meta.events.register_first("before-send.*", before)
        client.meta.events.register_last("after-call.*", after)
    yield running
    for client in clients:
        client.meta.events.unregister("before-send.*", before)
        client.meta.events.unregister("after-call.*", after)


def live(running: Armed, work: Callable[[], object], dies: Point | None = None) -> tuple[bool, list[str]]:
    """Does the work in a cold process of its own; returns whether it survived, and the calls that it made."""
    process = Process(dies)
    identities.forget_all()
    wiring.secrets()._kept.clear()  # noqa: SLF001 -- a process that begins has kept nothing
    running.append(process)
    try:
        work()
    except Crash:
        return False, process.calls
    else:
        return True, process.calls
    finally:
        running.remove(process)


def points(calls: list[str]) -> list[Point]:
    """Every point to crash at in a run that makes these calls."""
    whens: tuple[When, When] = ("before", "after")
    return [Point(call, when) for call in range(len(calls)) for when in whens]
