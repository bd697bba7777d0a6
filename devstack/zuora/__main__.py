"""``python -m devstack.zuora --port N --client-id ID --client-secret SECRET`` runs the fake alone until Ctrl-C."""

import argparse
import signal
from contextlib import suppress
from pathlib import Path

from devstack.zuora.server import fake_zuora


def main() -> None:
    """Runs until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m devstack.zuora", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free one")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret", required=True)
    parser.add_argument("--kept-in", type=Path, help="a file that keeps the records over restarts")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        fake_zuora(
            port=chosen.port,
            client_id=chosen.client_id,
            client_secret=chosen.client_secret,
            kept_in=chosen.kept_in,
        ) as fake,
    ):
        print(f"The fake Zuora is up: {fake.url}\nCtrl-C stops it.", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
