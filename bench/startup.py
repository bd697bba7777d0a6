"""What a cold start costs: imports and a first request, against the libraries that they load; and the package.

A floor is the import of the same libraries (and, where it says so, their clients) by themselves. All of it is CPU of
fresh interpreters that see only the package, the least of rounds that alternate: whatever else runs only adds to it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import FUNCTIONS
from bench.first_request import PLAYED, REQUEST, recorded
from devstack.package import build
from tests.environment import AWS, complete

ROUNDS = 9
MOST_ZIPPED, MOST_FOR_APP, MOST_FOR_A_REQUEST, MOST_FOR_A_FUNCTION = 16.0, 1.5, 1.5, 1.2
"""The goals: megabytes, and times the floor."""
_CLIENTS = """
import botocore.session
made = botocore.session.get_session()
for service in ("dynamodb", "secretsmanager"): made.create_client(service)
"""
_TIMED = """
import sys, time
known, started = set(sys.modules), time.process_time()
{measured}
taken = time.process_time() - started
import json
print(json.dumps([taken, [name for name in sys.modules if name not in known]]))
"""


@dataclass
class Start:
    """A start, the one of its libraries alone, and what both took, in seconds."""

    title: str
    goal: float
    measured: str
    clients: str = ""
    libraries: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)

    def line(self) -> str:
        """The ratio beside its goal."""
        return f"{self.title}: {min(self.took) / min(self.floor):.2f} times its floor (goal {self.goal})"


def startup(rounds: int = ROUNDS, functions: Sequence[str] = FUNCTIONS) -> Iterator[str]:
    """Lines about the package, and what it takes to start with it."""
    archive = build("local") / "deployment.zip"
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(code)
            size = sum(each.file_size for each in opened.infolist())
        yield f"package: {archive.stat().st_size / 1e6:.1f} MB zipped (goal {MOST_ZIPPED}), {size / 1e6:.0f} unpacked"
        played = recorded()
        for start in _measured(_starts(functions), code, played, rounds):
            yield start.line()
        yield _without_bytecode(code, Path(folder) / "bare", played, rounds)


def _starts(functions: Sequence[str]) -> Sequence[Start]:
    return [
        Start("import of app", MOST_FOR_APP, "import app"),
        Start("first request", MOST_FOR_A_REQUEST, f"import app\n{PLAYED}{REQUEST}", _CLIENTS),
        *(Start(f"import of {each}", MOST_FOR_A_FUNCTION, f"import chalicelib.functions.{each}") for each in functions),
    ]


def _measured(starts: Sequence[Start], code: Path, played: Any, rounds: int) -> Sequence[Start]:
    for start in starts:
        _, loaded = _run(start.measured, code, played)
        start.libraries = [name for name in loaded if _is_library(name, code)]
    for _ in range(rounds):
        for start in starts:
            start.took.append(_run(start.measured, code, played)[0])
            bare = f"from importlib import import_module\nfor name in {start.libraries!r}: import_module(name)\n"
            start.floor.append(_run(bare + start.clients, code, played)[0])
    return starts


def _is_library(module: str, code: Path) -> bool:
    """Whether it came with a wheel: the rest is ours, or the standard library's."""
    first = module.partition(".")[0]
    return first not in {"app", "chalicelib"} and bool(list(code.glob(f"{first}*")))


def _without_bytecode(code: Path, bare: Path, played: Any, rounds: int) -> str:
    shutil.copytree(code, bare, ignore=shutil.ignore_patterns("__pycache__"))
    found = {each: min(_run("import app", each, played)[0] for _ in range(rounds)) for each in (code, bare)}
    return f"import of app without bytecode: {found[bare] / found[code]:.1f} times as long"


def _run(measured: str, code: Path, played: Any) -> tuple[float, list[str]]:
    """CPU seconds of the statements in a fresh interpreter, and the modules that they loaded."""
    environment = {**AWS, **complete(), **played["settings"], "PYTHONPATH": str(code), "PATH": os.defpath}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    program = _TIMED.format(measured=measured)
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        input=json.dumps(played), env=environment, cwd=code, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    taken, loaded = json.loads(done.stdout.splitlines()[-1])
    return taken, loaded
