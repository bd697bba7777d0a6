"""Checks bodies against Zuora's published schemas: responses with three tolerances, requests without any."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parent / "zuora"
# Declared as strings, sent as numbers: decimals and error codes.
NUMBERS_FOR_TEXTS = {"balance", "lastPaymentAmount", "quantity", "code"}
Schema = dict[str, Any]


def response_problems(definition: str, body: object) -> list[str]:
    """What is wrong with an answer, beyond what the live API is known to do."""
    return _problems(definition, body, _tolerant)


def request_problems(definition: str, body: object) -> list[str]:
    """What is wrong with the body of a request; null and names that the schema does not have are."""
    return _problems(definition, body, _strict)


def sample(name: str) -> dict[str, Any]:
    """A recorded exchange, by the end of its file's name."""
    recorded: dict[str, Any] = json.loads((FOLDER / f"recorded-2016-{name}.json").read_text())
    return recorded


def samples() -> list[str]:
    """The names of all recorded exchanges."""
    return sorted(path.stem.removeprefix("recorded-2016-") for path in FOLDER.glob("recorded-2016-*.json"))


def _problems(definition: str, body: object, adapted: Callable[[Schema], Schema]) -> list[str]:
    found = _validator(definition, adapted).iter_errors(body)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


@cache
def _validator(definition: str, adapted: Callable[[Schema], Schema]) -> Draft202012Validator:
    definitions = json.loads((FOLDER / "zuora-sdk-3.21.0-subset.schema.json").read_text())["$defs"]
    adapted_definitions = {name: adapted(schema) for name, schema in definitions.items()}
    return Draft202012Validator({"$defs": adapted_definitions, "$ref": f"#/$defs/{definition}"})


def _strict(schema: Schema) -> Schema:
    properties = {name: _without_null(value) for name, value in schema.get("properties", {}).items()}
    return _only_known_names(schema, properties)


def _tolerant(schema: Schema) -> Schema:
    properties = {name: _tolerated(name, value) for name, value in schema.get("properties", {}).items()}
    return _only_known_names(schema, properties)


def _only_known_names(schema: Schema, properties: Schema) -> Schema:
    if not properties:
        return schema
    return schema | {"properties": properties, "patternProperties": {"__c$": {}}, "additionalProperties": False}


def _without_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), list):
        return schema | {"type": [kind for kind in schema["type"] if kind != "null"]}
    if "anyOf" in schema:
        return schema | {"anyOf": [choice for choice in schema["anyOf"] if choice.get("type") != "null"]}
    return schema


def _tolerated(name: str, schema: Schema) -> Schema:
    choices: list[Schema] = [schema, {"type": "null"}]
    return {"anyOf": [*choices, {"type": "number"}] if name in NUMBERS_FOR_TEXTS else choices}
