"""Writes the table of events in docs/data-model.md from the catalogue: ``python -m devstack.event_docs``."""

import re

from chalicelib.domain.event_entry import Queue
from chalicelib.domain.event_types import EventType
from devstack.package import ROOT

PAGE = ROOT / "docs" / "data-model.md"
_NOBODY = "\N{EN DASH}"
_BEGIN, _END = "<!-- events: python -m devstack.event_docs -->\n", "<!-- end of events -->\n"


def table() -> str:
    """One line for each event, in the order of the catalogue."""
    rows = [_row(event) for event in EventType]
    return "\n".join(["| event | says | subject | acted on by | told by mail |", "|---|---|---|---|---|", *rows, ""])


def written(page: str) -> str:
    """The page with the table as it should be. Raises ValueError where the page has no place for it."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no place for the table of events")
    return f"{before}{begin}{table()}{end}{after}"


def _row(event: EventType) -> str:
    entry = event.entry
    acting = ", ".join(sorted(queue.value for queue in entry.queues - {Queue.EMAILS}))
    told = ", ".join(re.sub("_", " ", audience.value) for audience in entry.told)
    return f"| `{event.value}` | {entry.means} | {entry.subject} | {acting or _NOBODY} | {told or _NOBODY} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
