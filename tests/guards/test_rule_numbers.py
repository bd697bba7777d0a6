"""R, I and S numbers: each that is cited is defined in docs/rules.md, and each that is defined is named by a test."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from devstack.package import ROOT
from tests.guards.test_repository import files_of_the_repository

RULES = ROOT / "docs" / "rules.md"
CITING = frozenset({".py", ".md", ".yaml", ".ts"})

_HEADING = re.compile(r"^### (.*)$", re.MULTILINE)
_NUMBER = re.compile(r"[RIS][1-9][0-9]*")
_CITED = re.compile(r"(?<![\w-])([RIS])([1-9][0-9]*)(?:(?:-| to )\1([1-9][0-9]*))?(?![\w-])")
_CODES_OF_RUFF = re.compile(r"# noqa: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*")


@cache
def entries() -> list[tuple[str, str]]:
    """The headings of docs/rules.md, each with the text below it."""
    _, *parts = _HEADING.split(RULES.read_text())
    return [(heading, text.partition("\n## ")[0].strip()) for heading, text in zip(*[iter(parts)] * 2, strict=True)]


def defined() -> list[str]:
    return [heading for heading, _ in entries()]


def cited_in(text: str) -> set[str]:
    """The numbers in a text; ``R10-R13`` and ``I1 to I7`` cite those in between that are defined, too."""
    found = set()
    known = frozenset(defined())
    for match in _CITED.finditer(_CODES_OF_RUFF.sub("", text)):
        letter, first, last = match.groups()
        between = (f"{letter}{number}" for number in range(int(first), int(last or first) + 1))
        found |= {f"{letter}{first}", f"{letter}{last or first}"} | known.intersection(between)
    return found


def named_by_tests() -> set[str]:
    """The numbers in docstrings and comments of test modules, this one left out."""
    modules = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    return {number for path in modules for text in _words_of(path) for number in cited_in(text)}


def _words_of(path: Path) -> Iterator[str]:
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def citations() -> Mapping[str, list[str]]:
    """For each number the files that cite it."""
    found: dict[str, list[str]] = {}
    for path in files_of_the_repository():
        if path.suffix in CITING and path != Path(__file__):
            for number in cited_in(path.read_text()):
                found.setdefault(number, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_entry_is_unique_and_has_a_text() -> None:
    for heading, text in entries():
        assert _NUMBER.fullmatch(heading), f"docs/rules.md: write '### R15', not '### {heading}': links end in #r15"
        assert text, f"docs/rules.md: say below '### {heading}' what it demands"
    twice = {number for number in defined() if defined().count(number) > 1}
    assert twice == set(), f"docs/rules.md: keep one entry each of {sorted(twice)}"


def test_every_number_that_is_cited_is_defined() -> None:
    missing = {number: files for number, files in citations().items() if number not in defined()}
    assert missing == {}, "\n".join(
        f"{number} is cited in {', '.join(sorted(files))}: add '### {number}' to docs/rules.md, or mend the citation"
        for number, files in sorted(missing.items())
    )


def test_every_number_that_is_defined_is_named_by_a_test() -> None:
    named = named_by_tests()
    missing = [number for number in defined() if number not in named]
    assert missing == [], "\n".join(
        f"{number} of docs/rules.md is named by no test: name it in the docstring of the test in tests/ that holds it"
        for number in missing
    )


def test_ranges_cite_what_is_between_and_codes_of_ruff_cite_nothing() -> None:
    assert cited_in("R10-R13, I1 to I3 (S7)") == {"R10", "R11", "R12", "R13", "I1", "I2", "I3", "S7"}
    assert cited_in("x()  # noqa: S311, S603 -- dice (R24); A-S404, ISO1, R2D2") == {"R24"}
