"""What can go wrong with the local stack, said to a person."""


class StackProblem(Exception):
    """The stack cannot start or a step failed; the text says what to do."""
