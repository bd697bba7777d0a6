"""Actions: what may happen next, how often, and with what; the machine draws one of them at each step.

Hypothesis's own rules would do, but it switches many of them off in every run. That is good for a search of hours; in
one of a minute, most runs would miss one of the few actions that have to come together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

Act = TypeVar("Act", bound=Callable[..., Any])
Choice = SearchStrategy[Any] | Callable[[Any], SearchStrategy[Any] | None]
"""What an argument is drawn from; the machine may be asked for it, and say None when there is nothing."""


@dataclass(frozen=True, slots=True)
class Action:
    """A method of the machine that may be called at any step; ``weight`` says how often it is, beside the others."""

    name: str
    weight: int
    choices: Mapping[str, Choice]

    def offers(self, machine: object) -> dict[str, SearchStrategy[Any]] | None:
        """The strategies for its arguments; None when it is not possible now."""
        found = {name: each(machine) if callable(each) else each for name, each in self.choices.items()}
        possible = {name: each for name, each in found.items() if each is not None}
        return possible if len(possible) == len(found) else None


def action(weight: int, **choices: Choice) -> Callable[[Act], Act]:
    """Makes a method an action."""

    def mark(act: Act) -> Act:
        act.action = Action(act.__name__, weight, choices)  # type: ignore[attr-defined]  # functions take any
        return act

    return mark


def actions_of(machine: type) -> list[Action]:
    """All actions of a machine, by name."""
    found = (getattr(getattr(machine, name), "action", None) for name in sorted(dir(machine)))
    return [each for each in found if each is not None]


def take(machine: Any, actions: list[Action], data: DataObject) -> None:
    """Draws an action that is possible now, and does it."""
    ready = {each.name: offers for each in actions if (offers := each.offers(machine)) is not None}
    name = data.draw(st.sampled_from([each.name for each in actions for _ in range(each.weight) if each.name in ready]))
    said = data.draw(st.fixed_dictionaries(ready[name]), label=name)
    getattr(machine, name)(**said)
