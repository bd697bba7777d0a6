"""Fixtures for guards: the package as it is deployed."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.ministack import MEMORY
from devstack.package import build


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with template.json and deployment.zip."""
    return build("local", copy_to=tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def template(package: Path) -> dict[str, Any]:
    """The template with everything that Chalice and we say."""
    whole: dict[str, Any] = json.loads((package / "template.json").read_text())
    return whole


@pytest.fixture(scope="session")
def unpacked(package: Path) -> Iterator[Path]:
    """The package as a function sees it, in a folder of its own; in memory if possible (many small files)."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        with zipfile.ZipFile(package / "deployment.zip") as archive:
            archive.extractall(folder)
        yield Path(folder)
