"""``python -m devstack run`` keeps the local stack up; ``demo`` plays the story and stops.

STACK_DIR is the folder of the stack (one stack each), PERSIST=1 keeps its data and ports for the next time,
AWS_PORT, ZUORA_PORT and ISSUER_PORT choose ports.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from devstack.demo import SETTINGS, play
from devstack.problems import StackProblem
from devstack.stack import LOCAL, running_stack


def main() -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    parser.add_argument("command", choices=["run", "demo"])
    command = parser.parse_args().command
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a background job starts without SIGINT
        signal.signal(ending, _as_interrupt)
    folder = Path(os.environ.get("STACK_DIR") or LOCAL).resolve()
    try:
        overrides = SETTINGS if command == "demo" else {}
        with running_stack(folder=folder, persist=os.environ.get("PERSIST") == "1", overrides=overrides) as stack:
            if command == "demo":
                play(stack)
            else:
                print(f"The stack is up: {stack.api_url}\nAll addresses: {folder / 'stack.json'}\nCtrl-C stops it.")
                signal.pause()
    except StackProblem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0 if command == "run" else 130
    return 0


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
