"""Parameters of the template: values that would break every route are refused before anything changes."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib import settings
from devstack import stack
from devstack.package import ROOT
from tests.environment import complete, template

WHOLE = template()
PARAMETERS: dict[str, dict[str, Any]] = WHOLE["Parameters"]
VARIABLES: dict[str, Any] = WHOLE["Globals"]["Function"]["Environment"]["Variables"]
FED = {value["Ref"]: name for name, value in VARIABLES.items() if value.get("Ref") in PARAMETERS}
"""The environment variable that each parameter becomes."""
EXAMPLE = json.loads((ROOT / "deploy" / "production.example.json").read_text())["Parameters"]
DEPLOYED = {**complete(), **{FED[name]: value for name, value in EXAMPLE.items() if name in FED}}


def takes(parameter: str, value: str) -> bool:
    """Whether CloudFormation lets the value through."""
    declared = PARAMETERS[parameter]
    if "AllowedValues" in declared:
        return value in declared["AllowedValues"]
    return re.fullmatch(declared["AllowedPattern"], value) is not None


def test_every_parameter_has_a_pattern_or_allowed_values() -> None:
    assert {name for name, each in PARAMETERS.items() if not {"AllowedPattern", "AllowedValues"} & each.keys()} == set()


def test_every_default_is_accepted() -> None:
    assert {
        name for name, each in PARAMETERS.items() if "Default" in each and not takes(name, each["Default"])
    } == set()


@pytest.mark.parametrize("parameter", sorted(FED))
def test_the_functions_start_with_whatever_the_template_accepts(parameter: str) -> None:
    """Otherwise a deployment would succeed, and every route answer 500."""
    declared = PARAMETERS[parameter]
    pattern = declared.get("AllowedPattern")
    values = st.sampled_from(declared["AllowedValues"]) if pattern is None else st.from_regex(pattern, fullmatch=True)

    @given(value=values)
    @hypothesis_settings(max_examples=25, derandomize=True, database=None, deadline=None)
    def starts(value: str) -> None:
        settings.read({**DEPLOYED, FED[parameter]: value})

    starts()


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("MembershipsPerCustomer", "0"),
        ("MembershipsPerCustomer", "many"),
        ("InvitationDays", "99"),  # R10: 30 at most
        ("InvitationDays", "0"),
        ("InvitationDays", "7.5"),
        ("PendingInvitationsPerAccount", "60"),  # a removal would need more than 100 writes
        ("PendingInvitationsPerAccount", ""),
        ("ManagersByPlan", '{"team": 0}'),
        ("ManagersByPlan", "{team: 2}"),
        ("ManagersByPlan", "[]"),
        ("ZuoraSubscriptionFields", '{"type": ""}'),
        ("ResendCooldownSeconds", "-1"),
        ("RetentionDays", "1e2"),
        ("PortalUrl", "portal.example.com"),
        ("PortalUrl", "http://portal.example.com"),
        ("Issuer", "http://127.0.0.1:8000"),
        ("JwksUrl", ""),
        ("Audience", ""),
        ("ProductName", " "),
        ("LogLevel", "LOUD"),
    ],
)
def test_values_that_no_function_could_start_with_are_refused(parameter: str, value: str) -> None:
    assert not takes(parameter, value)
    if parameter not in ("ProductName", "LogLevel"):  # the functions would accept these
        with pytest.raises(settings.BadSettings):
            settings.read({**DEPLOYED, FED[parameter]: value})


def test_the_example_parameter_file_is_complete_and_valid() -> None:
    """README's command deploys with a copy of it."""
    needed = {name for name, each in PARAMETERS.items() if "Default" not in each}
    assert needed <= EXAMPLE.keys() <= PARAMETERS.keys()
    assert {name for name, value in EXAMPLE.items() if not takes(name, value)} == set()
    settings.read(DEPLOYED)


def test_the_local_stacks_parameters_differ_only_in_plain_http() -> None:
    given_there = stack._parameters("http://127.0.0.1:1", "http://127.0.0.1:2")  # noqa: SLF001 -- what a deployment gets
    refused = {name for name, value in given_there.items() if not takes(name, value)}
    assert all(given_there[name].startswith("http://127.0.0.1") for name in refused)
