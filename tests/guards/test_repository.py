"""What the sources must contain, and what they must not."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from devstack.package import ROOT

SOURCES = sorted((ROOT / "chalicelib").rglob("*.py"))
INSIDE = [path for path in SOURCES if "clients" not in path.parts]
"""The service without its clients of the outside, which have to do with other people's clocks."""


def files_of_the_repository() -> list[Path]:
    """Every file that git has or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603 -- fixed
    except (FileNotFoundError, subprocess.CalledProcessError):  # an unpacked archive
        skipped = {".git", ".venv", ".local", "build", "__pycache__"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.parts)]
    return [path for name in done.stdout.splitlines() if (path := ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in files_of_the_repository():
        try:
            found.append((path, path.read_text()))
        except UnicodeDecodeError:  # pictures
            continue
    return found


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?<![\w.])/(?:home|Users|root|work)/\w",
        r"[A-Z]:\\\\Users",
        r"AKIA[0-9A-Z]{16}",
        r"-----BEGIN [A-Z ]*PRIVATE KEY",
    ],
    ids=["a path of a machine", "a path of a Windows machine", "an AWS key", "a private key"],
)
def test_the_repository_contains_nothing_specific_to_one_machine(pattern: str) -> None:
    this_one = Path(__file__)
    found = [(path.relative_to(ROOT), text) for path, text in texts() if path != this_one]
    assert [str(path) for path, text in found if re.search(pattern, text)] == []


def test_dependencies_are_pinned_by_name_and_never_by_address() -> None:
    """Where packages come from is decided by the machine that installs them."""
    installing = re.compile(r"requirements.*\.(txt|in)$|(^|[-.])lock(\.|$)|-lock\.json$|^\.?(npmrc|pip\.conf)$")
    lists = [(path, text) for path, text in texts() if installing.search(path.name)]
    assert len(lists) >= 3
    assert [str(path.relative_to(ROOT)) for path, text in lists if re.search(r"://|@ *file:", text)] == []


def test_no_function_scans_a_table() -> None:
    """Budgets: the cost of an operation depends on the data it concerns, never on the size of a table."""
    for path in SOURCES:
        calls = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert calls.isdisjoint({"scan", "parallel_scan", "batch_get", "rate_limited_scan"}), path


def test_only_the_store_writes() -> None:
    """PynamoDB and the DynamoDB client are used in one folder only."""
    writing = re.compile(r"\b(transact_write_items|put_item|update_item|delete_item|batch_write_item)\b")
    outside = [path for path in SOURCES if path.parent.name != "store" and writing.search(path.read_text())]
    assert outside == []


def test_only_transaction_retries_and_the_nightly_round_sleep() -> None:
    sleeping = {path.name for path in INSIDE if re.search(r"\btime\.sleep\b", path.read_text())}
    assert sleeping == {"transaction.py", "zuora_schedules.py"}


def test_the_clock_is_read_in_one_place() -> None:
    """R17, R20: everything else is given the time, so that every moment can be tested."""
    reading = re.compile(r"\b(datetime\.now|utcnow|date\.today|time\.time)\b")
    assert {path.name for path in INSIDE if reading.search(path.read_text())} == {"clock.py"}


def test_the_environment_is_read_in_one_place() -> None:
    reading = {path.name for path in SOURCES if re.search(r"\bos\.(environ|getenv)\b", path.read_text())}
    assert reading == {"settings.py"}
