"""An account is handed over while everything else goes on, in any order: nobody is locked out, nothing is left over."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from tests.flows.virtual_time import deployed
from tests.invariants import violations
from tests.model.transfer_deployment import ENDS, TransferDeployment, staged
from tests.model.transfer_play import TransferScenario
from tests.model.transfer_rules import Rules
from tests.world import World

FAULTS = ("http_503", "http_500_html", "rate_limit", "lock", "malformed", "unauthorized")
ROLES = ("admin", "manager", "viewer")

SCENES = st.fixed_dictionaries({
    "room": st.sampled_from((0, 0, 1, None)),
    "managed_by": st.sampled_from(("managers", "admins")),
    "pays": st.booleans(),
    "carl": st.sampled_from((None, *ROLES)),
    "nora": st.booleans(),
    "invited": st.sampled_from((None, None, None, "olga", "carl", "sue")),
})  # fmt: skip

Action = tuple[str, Any]


def _turn(name: str, *drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Action]:
    return st.tuples(st.just(name), st.tuples(*drawn) if len(drawn) > 1 else drawn[0])


_somebody = st.sampled_from(("new", "new", "new", "old", "old", "other"))
_guest, _role = st.sampled_from(("xena", "xena", "dora")), st.sampled_from(ROLES)
_edits = st.one_of(
    st.tuples(st.just("max_managers"), st.sampled_from((None, -1, 0, 0, 1))),
    st.tuples(st.just("max_managers"), st.sampled_from((-1, 0, 0, 1))),
    st.tuples(st.just("managed_by"), st.sampled_from(("managers", "admins"))),
    st.tuples(st.just("status"), st.sampled_from(("active", "active", "closed"))),
)
START = _turn(
    "start",
    st.sampled_from((*("xena", "dora", "carl", "nora") * 2, "olga")),
    st.sampled_from((*("olga",) * 5, "carl")),
    st.booleans(),
    st.sampled_from((None, None, *ROLES)),
    st.sampled_from((None, "a", "b")),
    st.sampled_from((True, True, False)),
)
_OFTEN = (
    (5, START),
    (6, _turn("wait", st.integers(1, 4))),
    (4, _turn("accept", st.none())),
    (4, st.tuples(st.just("edit"), _edits)),
    (3, _turn("invite", st.sampled_from(("old", "old", "new", "other", "sue")), _guest, _role)),
    (2, _turn("cancel", st.sampled_from(("last", "last", "first")))),
    (3, _turn("remove", _somebody, st.booleans(), st.booleans())),
    (4, _turn("role", _somebody, st.sampled_from((*ROLES, "viewer")))),
    (4, _turn("choose", st.sampled_from(("old", "other", "other", "new")))),
    (2, _turn("fail", st.sampled_from(FAULTS))),
    (2, _turn("messages", st.none())),
    (1, _turn("heal", st.none())),
    (1, _turn("refuse", st.sampled_from(("Canceled", "Active")))),
    (1, _turn("lose", st.none())),
    (1, _turn("repeat", st.none())),
    (1, _turn("nudge", st.none())),
    (1, _turn("decline", st.none())),
    (1, _turn("revoke", st.none())),
    (1, _turn("leave", _somebody)),
    (1, _turn("name", _somebody)),
    (1, _turn("move", _somebody)),
    (1, _turn("login", _somebody, st.booleans())),
    (1, _turn("readdress", _somebody)),
    (1, _turn("jump", st.sampled_from((1, 31)))),
)
_ACTION = st.one_of(*(action for times, action in _OFTEN for _ in range(times)))
ACTIONS = st.builds(
    lambda before, start, after: [*before, start, *after],
    st.lists(_ACTION, max_size=3),
    START,
    st.lists(_ACTION, min_size=5, max_size=16),
)
"""Somewhere near the beginning there is a transfer."""


def _started(to: str, role: str | None = None) -> Action:
    return "start", (to, "olga", False, role, None, True)


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[TransferDeployment]:
    with deployed(world, monkeypatch) as running:
        yield staged(running, monkeypatch)


AVAILABLE_PROVIDERS["always-anew"] = HypothesisProvider  # as in test_machine.py

_CI = settings(
    settings.get_profile("ci"), max_examples=25, suppress_health_check=list(HealthCheck), backend="always-anew"
)
_LONG = settings(_CI, derandomize=False, max_examples=2000)
_RAW = settings(_CI, derandomize=False, phases=[Phase.generate])
PROFILES = {"ci": _CI, "long": _LONG, "raw": _RAW}


SCENE = {"room": 0, "managed_by": "managers", "pays": True, "carl": None, "nora": False, "invited": None}
_OLD_OUT, _NEW_OUT = ("remove", ("old", False, True)), ("remove", ("new", False, True))
RARE: dict[str, tuple[dict[str, Any], list[Action]]] = {
    "an edit that Zuora does not have": ({}, [("readdress", "new"), _started("dora")]),
    "another Sold To before the last step": (
        {"managed_by": "admins", "carl": "viewer"},
        [_started("dora", role="manager"), ("wait", 3), ("choose", "other"), ("wait", 2), ("role", ("new", "admin"))],
    ),
    "invited to look only": (
        {"nora": True, "room": 1},
        [("invite", ("olga", "xena", "viewer")), _started("xena"), ("accept", None), ("wait", 3)],
    ),
    "an empty borrowed seat": ({}, [_started("dora"), _OLD_OUT, ("invite", ("new", "xena", "manager")), ("wait", 3)]),
    "a declined borrowed seat": (
        {"invited": None},
        [_started("xena"), ("decline", None), ("invite", ("old", "dora", "manager")), ("wait", 3)],
    ),
    "a refusal mended by a name": (
        {},
        [("refuse", "Canceled"), _started("dora"), ("wait", 2), ("refuse", "Active"), ("name", "new")],
    ),
    "an invitation of support before": ({"invited": "sue"}, [_started("xena"), ("cancel", "last")]),
    "the new owner out": ({"carl": "manager", "room": None}, [_started("dora"), _NEW_OUT, ("wait", 2)]),
    "a sender who may not": (
        {"carl": "manager", "invited": "carl"},
        [_started("xena"), ("edit", ("managed_by", "admins"))],
    ),
    "a bound that is set to what it is": ({}, [_started("dora"), ("edit", ("max_managers", 0)), ("wait", 3)]),
}
"""What actions in any order lead to too seldom: scene (as far as it differs) and actions."""


@pytest.mark.parametrize("name", RARE)
def test_what_happens_seldom_ends_as_well(stage: TransferDeployment, name: str) -> None:
    """R66, R7, R22, R30, R51, R52, R55, R57."""
    scene, actions = RARE[name]
    _played(stage, {**SCENE, **scene}, actions, Counter())


def test_whatever_happens_a_transfer_ends_and_leaves_nothing(stage: TransferDeployment) -> None:
    """R66, R31, R32, R7, R26, R60, I1 to I5, I8."""
    met: Counter[str] = Counter()

    @settings(PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "ci")])
    @given(scene=SCENES, actions=ACTIONS)
    def played(scene: dict[str, Any], actions: list[Action]) -> None:
        note(f"{scene}, {actions}")  # Hypothesis does not show them by itself
        _played(stage, scene, actions, met)

    played()
    assert {*ENDS, "a seat is borrowed", "waits for acceptance"} <= {each.partition(":")[0] for each in met}, met


def _played(stage: TransferDeployment, scene: dict[str, Any], actions: list[Action], met: Counter[str]) -> None:
    play = TransferScenario(stage, scene)
    rules = Rules(play, met)
    for name, value in actions:
        getattr(play if hasattr(play, name) else stage, name)(value)
        nobody = name == "remove" and value[1]
        rules.look(f"{name} {value}", nobody=nobody, bound_set=name == "edit" and value[0] == "max_managers")
    rules.rest()
    assert (stage.complaints, stage.deployment.queue.dead) == ([], [])
    assert violations(play.world, lowered=[play.account] if rules.surplus else []) == []
