"""The state of the nightly round: its progress, and the drift that it lists (R54)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.errors import Changed
from chalicelib.store import drifts, reconciliations
from chalicelib.store.drifts import Drift, DriftKind
from chalicelib.store.reconciliations import Round

NOW = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
HERE = Round(NOW, None, 3, "acc_1", 40, 2)
FOUND = Drift(DriftKind.ACCOUNT_DIFFERS, "acc_1", None, ("name",), NOW)

pytestmark = pytest.mark.usefixtures("world")


def test_a_round_is_saved_only_over_the_one_that_was_read() -> None:
    """R54."""
    reconciliations.save(HERE, None)
    reconciliations.save(replace(HERE, checked=60), HERE)

    assert reconciliations.current() == replace(HERE, checked=60)


@pytest.mark.parametrize(
    "read",
    [
        None,
        replace(HERE, started_at=NOW - timedelta(days=1)),
        replace(HERE, checked=39),
        replace(HERE, shard=2),
    ],
)
def test_two_runs_of_the_round_never_overwrite_each_other(read: Round | None) -> None:
    """R54: whatever progress another run has made meanwhile."""
    reconciliations.save(HERE, None)

    with pytest.raises(Changed):
        reconciliations.save(replace(HERE, checked=99), read)

    assert reconciliations.current() == HERE


def test_a_drift_that_was_renewed_meanwhile_stays_listed() -> None:
    """R54: clearing it would hide it until the next night."""
    drifts.note(FOUND)
    renewed = replace(FOUND, found_at=NOW + timedelta(minutes=1))
    drifts.note(renewed)

    with pytest.raises(Changed):
        drifts.clear(FOUND)
    assert drifts.of_account("acc_1") == [renewed]

    drifts.clear(renewed)
    assert drifts.of_account("acc_1") == []
    drifts.clear(renewed)
