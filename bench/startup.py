"""What a cold start costs: the import of the packaged application, with and without bytecode, and the clients."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from devstack.package import build
from tests.environment import AWS, complete

ROUNDS = 5
_IMPORT = "import app"
_ONE_CLIENT = "from chalicelib.store import connection; connection.client()"
_A_CLIENT_EACH = """
import botocore.session
from chalicelib.store.tables import MODELS
for model in MODELS.values():
    model._get_connection().connection.client
"""


def startup(rounds: int = ROUNDS) -> Iterator[str]:
    """Lines about the package and what importing it takes."""
    package = build("local")
    archive = package / "deployment.zip"
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(code)
            size = sum(each.file_size for each in opened.infolist())
        yield f"package: {archive.stat().st_size / 1e6:.1f} MB zipped, {size / 1e6:.1f} MB unpacked"
        nothing = _seconds("pass", code, rounds)
        warm = _seconds(_IMPORT, code, rounds)
        shared, single = _seconds(_ONE_CLIENT, code, rounds), _seconds(_A_CLIENT_EACH, code, rounds)
        bare = Path(folder) / "bare"
        shutil.copytree(code, bare, ignore=shutil.ignore_patterns("__pycache__"))
        cold = _seconds(_IMPORT, bare, rounds)
    yield f"importing the application: {(cold - nothing) / (warm - nothing):.1f} times as long without bytecode"
    yield f"a client for each model instead of one for all: {(single - nothing) / (shared - nothing):.1f} times as long"


def _seconds(statement: str, path: Path, rounds: int) -> float:
    """Median of the wall-clock seconds of fresh interpreters that see only the package."""
    environment = {**AWS, **complete(), "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath}
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-S", "-c", statement], env=environment, cwd=path, check=True)
        taken.append(time.perf_counter() - started)
    return median(taken)
