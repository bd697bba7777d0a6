"""What the tool prints: tables for people, JSON for programs."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


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
        """A line for people; with ``as_json`` it goes where it is in nobody's way."""
        (self.errors if self.as_json else self.console).print(text)

    def notes(self, notes: Iterable[str]) -> None:
        """What the API wants to be thought of."""
        for note in notes:
            self.said(f"[yellow]Note:[/] {safe(note)}")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """A table; without rows one line says so."""
        table = Table(title=title, title_justify="left", title_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")  # an id that is cut off is none
        for row in rows:
            table.add_row(*(safe(each) for each in row))
        if table.row_count:
            self.console.print(table)
        else:
            self.console.print(f"[bold]{title}[/]: nothing")

    def card(self, title: str, facts: Mapping[str, Any]) -> None:
        """One thing with its facts below each other."""
        table = Table(title=safe(title), title_justify="left", title_style="bold", show_header=False)
        for name, value in facts.items():
            table.add_row(name, safe(value))
        self.console.print(table)

    def refused(self, problem: Mapping[str, Any]) -> None:
        """Why the API said no, with every fact that came with it."""
        self.errors.print(f"[red]Refused:[/] {safe(problem.get('detail', ''))} ({safe(problem.get('code', '?'))})")
        for each in problem.get("errors", ()):
            self.errors.print(f"  {safe(each['field'])}: {safe(each['message'])}")
        known = {"type", "title", "status", "detail", "code", "errors"}
        for name, value in problem.items():
            if name not in known:
                self.errors.print(f"  {safe(name)}: {safe(value)}")


def safe(value: Any) -> str:
    """A value as text that cannot colour, move or disguise itself: names are typed by customers."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(safe(each) for each in value) or "-"
    return escape(_CONTROL.sub("", str(value)))
