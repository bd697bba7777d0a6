"""A cold start of the API loads what it needs, and nothing that only other functions need."""

import os
import subprocess
import sys

import pytest

from app import FUNCTIONS
from chalicelib.api.web.http import ROUTES
from devstack.package import ROOT
from tests.environment import AWS, complete

FOR_ONE_PATH = ("chalicelib.api.portal", "chalicelib.api.support", "chalicelib.api.machines", "chalicelib.functions")
NOT_FOR_THE_API = ("boto3", "requests", "httpx", "jinja2", "jwt", "cryptography", "chalicelib.clients.mailer",
                   "chalicelib.clients.queues", "chalicelib.clients.secrets", "chalicelib.emails.render",
                   "chalicelib.operations.mails.send_mails", "moto", "pytest")  # fmt: skip
"""urllib3 is not on the list: it comes with botocore, which PynamoDB needs."""


def said_by(code: str) -> list[str]:
    """The words that this code prints in a fresh interpreter."""
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **AWS, **complete()}
    done = subprocess.run(  # noqa: S603 -- it is ours
        command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    return done.stdout.split()


def loaded_by(module: str) -> set[str]:
    """The modules that a fresh interpreter has after importing that one."""
    return set(said_by(f"import sys, {module}; print('\\n'.join(sys.modules))"))


def test_importing_the_app_loads_no_client_and_no_template_engine() -> None:
    loaded = loaded_by("app")
    assert "chalicelib.api.web.http" in loaded
    assert loaded.isdisjoint(NOT_FOR_THE_API)
    assert not [name for name in loaded if name.startswith(FOR_ONE_PATH)]


ALLOWED = """
from app import app

for path in {paths!r}:
    event = dict.fromkeys(("multiValueQueryStringParameters", "pathParameters", "body", "stageVariables"))
    context = {{"resourcePath": path, "httpMethod": "NONE"}}
    answer = app({{**event, "headers": {{}}, "isBase64Encoded": False, "requestContext": context}}, None)
    print(path, answer["headers"]["Allow"].replace(" ", ""))
"""


def test_the_first_request_for_a_path_finds_all_its_methods() -> None:
    """Whichever path comes first: those before it in ``app`` have brought nothing for it."""
    methods: dict[str, set[str]] = {}
    for route in ROUTES:
        methods.setdefault(route.path, {"OPTIONS"}).add(route.method)
    paths = sorted(methods, key=lambda path: (-path.count("/"), path))
    said = said_by(ALLOWED.format(paths=paths))
    assert {path: set(allowed.split(",")) for path, allowed in zip(said[::2], said[1::2], strict=True)} == methods


MOST_OF_OURS = {
    "app": 75,
    "chalicelib.functions.emails": 25,
    "chalicelib.functions.feedback": 75,
    "chalicelib.functions.relay": 55,
    "chalicelib.functions.schedules": 70,
    "chalicelib.functions.search": 70,
    "chalicelib.functions.transfers": 105,
    "chalicelib.functions.zuora": 100,
    "chalicelib.functions.zuora_schedules": 100,
    "app, chalicelib.api.portal.invitations": 120,
}
"""How many modules of ours a start may import, a few more than it does. Counts, because times depend on the machine."""
VALIDATE = {
    "app",
    "chalicelib.functions.feedback",
    "chalicelib.functions.zuora",
    "chalicelib.functions.zuora_schedules",
}
"""What reads requests, SES's feedback and Zuora's answers with pydantic; the others need none."""


@pytest.mark.parametrize("modules", MOST_OF_OURS)
def test_a_start_imports_few_modules(modules: str) -> None:
    loaded = loaded_by(modules)
    ours = {name for name in loaded if name.startswith("chalicelib")}
    assert len(ours) <= MOST_OF_OURS[modules], sorted(ours)
    assert ("pydantic" in loaded) == (modules.partition(",")[0] in VALIDATE)


def test_every_function_has_its_bound() -> None:
    assert {name for name in MOST_OF_OURS if "functions" in name} == {
        f"chalicelib.functions.{name}" for name in FUNCTIONS
    }


def test_frozen_classes_are_made_the_quick_way() -> None:
    """``dataclass`` takes three times as long for each, and there are more than a hundred."""
    slow = [
        file
        for file in (ROOT / "chalicelib").rglob("*.py")
        if "\n@dataclass(frozen=True, slots=True)" in file.read_text()
    ]
    assert slow == [], "use @frozen of chalicelib/frozen.py (decision 46)"


@pytest.mark.parametrize("module", ["chalicelib.functions.relay", "chalicelib.functions.emails"])
def test_a_worker_loads_no_http_code(module: str) -> None:
    """Its cold start does not pay for the routes, nor for what it does not use."""
    loaded = loaded_by(module)
    assert not {name for name in loaded if name == "app" or name.startswith("chalicelib.api")}
    assert loaded.isdisjoint({"boto3", "jinja2", "jwt"})
