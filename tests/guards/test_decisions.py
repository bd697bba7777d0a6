"""Decisions: numbered without gaps, in the index under their own titles, and existing when cited."""

import re
from pathlib import Path

from devstack.package import ROOT
from tests.guards.test_repository import files_of_the_repository

DECISIONS = ROOT / "docs" / "decisions"
INDEX = DECISIONS / "README.md"

_CITED = re.compile(r"\bdecision\s+([0-9]+)", re.IGNORECASE)
_ENTRY = re.compile(r"^\* \[(.+)\]\((.+)\), ([0-9]+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def records() -> dict[int, Path]:
    return {int(path.name[:3]): path for path in DECISIONS.glob("[0-9][0-9][0-9]-*.md")}


def markdown() -> list[Path]:
    return [path for path in files_of_the_repository() if path.suffix == ".md"]


def test_numbers_have_no_gap_and_are_unique() -> None:
    numbers = sorted(int(path.name[:3]) for path in DECISIONS.glob("[0-9]*.md"))
    wanted = list(range(1, len(numbers) + 1))
    assert numbers == wanted, f"docs/decisions: call a new record {len(numbers):03d}-..., the next number that is free"


def test_each_record_is_in_the_index_under_its_own_title() -> None:
    found = {path.name: path.read_text().partition("\n")[0] for path in records().values()}
    listed = {name: f"# {number}. {title}" for title, name, number in _ENTRY.findall(INDEX.read_text())}
    assert listed == found, "docs/decisions/README.md: list each record as '* [title](file), number', with its heading"


def test_every_decision_that_is_cited_exists() -> None:
    known = records()
    missing = [
        f"{path.relative_to(ROOT)} cites decision {number}, which is not in docs/decisions: mend the number"
        for path in files_of_the_repository()
        if path.suffix in {".py", ".md", ".yaml", ".ts"}
        for number in _CITED.findall(path.read_text())
        if int(number) not in known
    ]
    assert missing == [], "\n".join(missing)


def test_every_link_to_a_file_of_the_repository_works() -> None:
    broken = [
        f"{path.relative_to(ROOT)} links to {target}, which is not there: mend the link"
        for path in markdown()
        for target in _LINK.findall(path.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    ]
    assert broken == [], "\n".join(broken)
