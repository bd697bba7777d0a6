"""Writes the parameters of a deployment for `aws cloudformation deploy`: those of a file, and what git calls the code.

python -m devstack.parameters deploy/production.json > build/parameters.json
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from devstack.package import ROOT


def main() -> None:
    """Prints the parameters with `ServiceVersion`, which `GET /health` answers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, help="a copy of deploy/production.example.json, with your values")
    given = json.loads(parser.parse_args().file.read_text())["Parameters"]
    for name, value in {"ServiceVersion": _version(), **given}.items():
        sys.stdout.write(f"{name}={value}\0")


def _version() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


if __name__ == "__main__":
    main()
