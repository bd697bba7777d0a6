"""``python -m devstack.openapi`` writes docs/openapi.json, the description of the API, from the code."""

import importlib
import json

from chalicelib.api.web.openapi import document
from devstack.package import ROOT

FILE = ROOT / "docs" / "openapi.json"


def text() -> str:
    """The document as the file has it."""
    importlib.import_module("app").app.register_all()
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes the file and says where."""
    FILE.write_text(text())
    print(FILE)


if __name__ == "__main__":
    main()
