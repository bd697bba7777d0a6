"""A cold start of the API loads what it needs, and nothing that only other functions need."""

import subprocess
import sys

import pytest

from devstack.package import ROOT

NOT_FOR_THE_API = ("boto3", "requests", "httpx", "jinja2", "jwt", "cryptography", "chalicelib.clients.mailer",
                   "chalicelib.clients.queues", "chalicelib.clients.secrets", "chalicelib.emails.render",
                   "chalicelib.operations.mails.send_mails", "moto", "pytest")  # fmt: skip
"""urllib3 is not on the list: it comes with botocore, which PynamoDB needs."""


def loaded_by(module: str) -> set[str]:
    """The modules that a fresh interpreter has after importing that one."""
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603 -- it is ours
    return set(done.stdout.split())


def test_importing_the_app_loads_no_client_and_no_template_engine() -> None:
    loaded = loaded_by("app")
    assert "chalicelib.api.web.http" in loaded
    assert loaded.isdisjoint(NOT_FOR_THE_API)


@pytest.mark.parametrize("module", ["chalicelib.functions.relay", "chalicelib.functions.emails"])
def test_a_worker_loads_nothing_of_http(module: str) -> None:
    """Its cold start does not pay for the routes, nor for what it does not use."""
    loaded = loaded_by(module)
    assert not {name for name in loaded if name == "app" or name.startswith("chalicelib.api")}
    assert loaded.isdisjoint({"boto3", "jinja2", "jwt"})
