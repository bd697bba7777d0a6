"""The deployed API against its own description, by Schemathesis: a manager's token, real ids, thousands of requests.

Everything that Schemathesis can check is checked, but for:

* ``unsupported_method`` wants 405. The gateway cannot tell an unknown method from an unknown path and answers 404 to
  both, as the contract says; ``test_gateway`` holds it to that.
* ``positive_data_acceptance`` takes more refusals for an answer than it would by itself: 410, since links have been
  used; 412, since versions have passed; and 422 where no schema can say what is refused: a cursor that fits its pattern
  and is none of ours, a name of nothing but invisible characters, a proof that does not show what it has to.

Queries of many kilobytes are left out (``schemathesis_hooks``): the gateway refuses them before the service is asked.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.portal import Person, Portal, token_in
from tests.e2e.http_client import Company, company, invite, send

SECONDS = 15
SECONDS_FOR_SUPPORT = 8
ACCEPTED = ["2xx", "401", "403", "404", "409", "410", "412", "429", "503"]

CONFIGURATION = """
hooks = "{hooks}"
[dictionaries]
{dictionaries}
[parameters]
{parameters}
[checks]
positive_data_acceptance.expected-statuses = {accepted}
[[operations]]
include-method = "GET"
checks.positive_data_acceptance.expected-statuses = {accepted_or_unprocessable}
[[operations]]
include-operation-id = {by_meaning}
checks.positive_data_acceptance.expected-statuses = {accepted_or_unprocessable}
[auth.wfc]
path = "{signed_in}"
user = "manager"
peers = ["manager", "stranger"]
"""

OF_NAMES = [
    "choose_bill_to", "create_customer", "edit_customer", "edit_contact", "start_transfer", "erase_customer", "edit_me",
]  # fmt: skip
"""Operations that take names: one of nothing but invisible characters is refused."""


def of_proofs() -> list[str]:
    """Operations that may find a proof insufficient."""
    paths = json.loads(Path("docs/openapi.json").read_text())["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    return [
        operation["operationId"]
        for operation in operations
        if "`verification_insufficient`" in operation["responses"].get("422", {}).get("description", "")
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """The data that requests are about: an account with managers and invitations, and their ids and tokens."""

    home: Company
    values: dict[str, list[str]]


@pytest.fixture
def place(portal: Portal) -> Place:
    home = company(portal)
    joined, _ = invite(portal, home, "joined")
    used = token_in(portal.wait_for_mail(joined.email, number=1))
    assert send(portal.stack, "POST", "/v1/invitations/accept", who=joined, body={"token": used}).status == 201
    manager_id = send(portal.stack, "GET", "/v1/me", who=joined).json["id"]
    pending, pending_id = invite(portal, home, "pending")
    live = token_in(portal.wait_for_mail(pending.email, number=1))
    account = send(portal.stack, "GET", home.path, who=home.owner).json
    values = {
        "path.account_id": [home.account_id],
        "path.manager_id": [manager_id],
        "path.invitation_id": [pending_id],
        "body.token": [used, live],
        "body.zuora_account_id": [account["zuora_account_id"]],
    }
    return Place(home, values)


def explore(portal: Portal, folder: Path, place: Place, who: Person, stranger: Person, *options: str) -> None:
    """Runs Schemathesis as that person, with another person to whom nothing here belongs; expects no findings."""
    signed_in = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {person.token}"}]}
        for name, person in (("manager", who), ("stranger", stranger))
    ]
    (folder / "auth.yaml").write_text(json.dumps({"auth": signed_in}))  # JSON is YAML too
    names = {name: name.replace(".", "-") for name in place.values}
    configuration = CONFIGURATION.format(
        dictionaries="\n".join(
            f"{names[name]} = {{ values = {json.dumps(each)} }}" for name, each in place.values.items()
        ),
        parameters="\n".join(f'"{name}" = {{ dictionary = "{names[name]}", probability = 0.7 }}' for name in names),
        accepted=json.dumps(ACCEPTED),
        accepted_or_unprocessable=json.dumps([*ACCEPTED, "422"]),
        signed_in=folder / "auth.yaml",
        by_meaning=json.dumps([*OF_NAMES, *of_proofs()]),
        hooks=Path(__file__).with_name("schemathesis_hooks.py"),
    )
    (folder / "schemathesis.toml").write_text(configuration)
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(folder / "schemathesis.toml"),
        "run", f"{portal.stack.api_url}/openapi.json", "--url", portal.stack.api_url,
        "--checks", "all", "--exclude-checks", "unsupported_method", "--phases", "coverage,fuzzing,stateful",
        "--generation-deterministic", "--continue-on-failure", "--warnings", "off", "--no-color", *options,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 -- ours
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Tested: " in done.stdout, done.stdout
    assert "No issues found" in done.stdout, done.stdout


def test_the_api_does_what_its_description_says(portal: Portal, place: Place, tmp_path: Path) -> None:
    """S4, S6, S21, S22, S26, I8: no 500, no undeclared answer, no wrong body taken, nothing for strangers."""
    stranger = company(portal).owner
    explore(portal, tmp_path, place, place.home.owner, stranger, "--max-examples", "15", "--max-time", str(SECONDS))


def test_the_support_desk_has_an_api_that_does_what_its_description_says(
    portal: Portal, place: Place, tmp_path: Path
) -> None:
    """R60: the same for its routes, as somebody of support."""
    sue = portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])
    options = ("--include-tag", "support", "--max-examples", "15", "--max-time", str(SECONDS_FOR_SUPPORT))
    explore(portal, tmp_path, place, sue, place.home.owner, *options)
