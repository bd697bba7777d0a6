"""The samples of SES's feedback, one for each type of event (``ses/``)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "ses"

ALL: Mapping[str, str] = {path.stem: path.read_text() for path in sorted(_FOLDER.glob("*.json"))}
"""Each sample by its name, as the queue brings it: in the envelope of SNS."""


def raw(name: str) -> str:
    """The sample as it comes with raw message delivery: without the envelope."""
    message: str = json.loads(ALL[name])["Message"]
    return message


def about(name: str, tags: Mapping[str, str], *, enveloped: bool = True) -> str:
    """The sample, about the mail with these tags; single tags replace the sample's own."""
    said: dict[str, Any] = json.loads(raw(name))
    own = said["mail"].get("tags", {})
    kept = {key: value for key, value in own.items() if "event_id" not in tags or key.startswith("ses:")}
    said["mail"]["tags"] = {**kept, **{key: [value] for key, value in tags.items()}}
    message = json.dumps(said)
    return json.dumps({**json.loads(ALL[name]), "Message": message}) if enveloped else message
