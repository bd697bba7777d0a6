"""The story that `make demo` plays through the public API, step by step, for a reader."""

from devstack.demo import contacts, customers, support
from devstack.demo.narrator import Narrator
from devstack.portal import Portal
from devstack.stack import Stack

SETTINGS = {"ResendCooldownSeconds": "2"}
"""Template parameters of the demo's stack: nobody wants to watch a minute go by."""


def play(stack: Stack) -> None:
    """Plays every chapter; raises StackProblem at the first step that does not do what it should."""
    tell(Narrator(Portal(stack)))
    print("\nEvery step did what it should.")


def tell(narrator: Narrator) -> None:
    """The chapters, in order."""
    olga = customers.play(narrator)
    contacts.play(narrator, olga)
    support.play(narrator)
