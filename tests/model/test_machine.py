"""Service and reference model side by side, through thousands of random steps.

``HYPOTHESIS_PROFILE=long`` looks for hours, and every time elsewhere; ``ci`` (the default) goes the same way every
time, so that what fails once fails again; ``raw`` goes as far elsewhere, and shows the first failure as it came.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import run_state_machine_as_test

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.model.deployment import deployed
from tests.model.machine import Machine

# Under its own name, Hypothesis makes five of six runs by doubling parts of the one before; of few, too many.
AVAILABLE_PROVIDERS["always-anew"] = HypothesisProvider

_CI = settings(
    settings.get_profile("ci"),
    max_examples=25,
    stateful_step_count=40,
    backend="always-anew",
    suppress_health_check=[HealthCheck.too_slow],  # of a slow machine, which is no fault
)
_LONG = settings(_CI, derandomize=False, max_examples=5000, stateful_step_count=60)
_RAW = settings(_CI, derandomize=False, phases=[Phase.generate])
PROFILES = {"ci": _CI, "long": _LONG, "raw": _RAW}


def test_in_any_order_of_events_the_service_does_what_the_model_does(issuer: Issuer, zuora_server: FakeZuora) -> None:
    """I1 to I8; S1 to S4, S6, S8, S30.

    R1 to R3, R5 to R8, R10 to R12, R14 to R22, R26, R30 to R33, R35, R40, R53, R60, R62, R63.
    """
    with deployed(issuer, zuora_server) as deployment:

        class Here(Machine):
            def __init__(self) -> None:
                super().__init__(deployment)

        run_state_machine_as_test(Here, settings=PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "ci")])
