"""What the tool prints: tables for people, JSON for programs."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk import hints

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_WHOLE = {"id", "email", "account", "contact", "at", "since", "until"}
_NARROWEST = 10


@dataclass(slots=True)
class Output:
    """Where the tool prints to. With ``as_json`` only JSON goes to stdout, and nothing is coloured there."""

    as_json: bool
    console: Console = field(default_factory=lambda: Console(highlight=False))
    errors: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def json(self, thing: Any) -> None:
        """The thing as the API answered it."""
        self.console.file.write(json.dumps(thing, indent=2, ensure_ascii=False) + "\n")

    def said(self, text: str) -> None:
        """A line for people; with ``as_json`` it goes where it is in nobody's way. Links stay in one piece."""
        (self.errors if self.as_json else self.console).print(text, soft_wrap=True)

    def notes(self, notes: Iterable[str]) -> None:
        """What has to be thought of."""
        for note in notes:
            self.said(f"[yellow]Note:[/] {safe(note)}")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """A table; without rows one line says so. Ids stay in one piece: where they find no room, rows are blocks."""
        cells = [[safe(each) for each in row] for row in rows]
        if not cells:
            self.console.print(f"[bold]{title}[/]: nothing")
            return
        widths = [max(_width(name, row[at]) for row in cells) for at, name in enumerate(columns)]
        if sum(widths) + 3 * len(columns) + 1 > self.console.width:
            self._blocks(title, columns, cells)
            return
        table = Table(title=title, title_justify="left", title_style="bold")
        for name, width in zip(columns, widths, strict=True):
            table.add_column(name, overflow="fold", width=width if name in _WHOLE else None)
        for row in cells:
            table.add_row(*row)
        self.console.print(table)

    def _blocks(self, title: str, columns: Sequence[str], cells: Iterable[Sequence[str]]) -> None:
        self.console.print(f"[bold]{title}[/]")
        longest = max(len(name) for name in columns)
        for row in cells:
            self.console.print()
            for name, value in zip(columns, row, strict=True):
                for at, line in enumerate(value.split("\n")):
                    self.console.print(f"  {'' if at else name:<{longest}}  {line}", soft_wrap=True)
        self.console.print()

    def card(self, title: str, facts: Mapping[str, Any]) -> None:
        """One thing with its facts below each other."""
        table = Table(title=safe(title), title_justify="left", title_style="bold", show_header=False)
        table.add_column()
        table.add_column(overflow="fold")
        for name, value in facts.items():
            table.add_row(name, safe(value))
        self.console.print(table)

    def refused(self, problem: Mapping[str, Any], *, retry_after: str | None = None) -> None:
        """Why the API said no, with every fact that came with it, and what to do next."""
        if self.as_json:
            self.errors.file.write(json.dumps(problem, indent=2, ensure_ascii=False) + "\n")
            return
        lines = [f"[red]Refused:[/] {safe(problem.get('detail', ''))} ({safe(problem.get('code', '?'))})"]
        lines += [
            f"  {safe(each['field'])}: {safe(each['message'])}" if each["field"] else f"  {safe(each['message'])}"
            for each in problem.get("errors", ())
        ]
        known = {"type", "title", "status", "detail", "code", "errors"}
        lines += [f"  {safe(name)}: {safe(value)}" for name, value in problem.items() if name not in known]
        if retry_after is not None:
            lines.append(f"  again in: {safe(retry_after)} seconds")
        hint = hints.after_refusal(problem)
        lines += [f"[yellow]Next:[/] {safe(hint)}"] if hint else []
        for line in lines:
            self.errors.print(line, soft_wrap=True)


def _width(column: str, cell: str) -> int:
    """What a column needs at least: all of it for an id or a moment, a little for a text that can be folded."""
    longest = max(len(column), *(len(line) for line in cell.split("\n")))
    return longest if column in _WHOLE else min(longest, max(len(column), _NARROWEST))


def on_off(is_on: bool) -> str:  # noqa: FBT001 -- how it is shown is all there is to it
    """A login as people speak of it."""
    return "on" if is_on else "off"


def safe(value: Any) -> str:
    """A value as text that cannot colour, move or disguise itself: names are typed by customers."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(safe(each) for each in value) or "-"
    return escape(_CONTROL.sub("", str(value)))
