"""Secrets Manager: secrets are read at run time and kept for five minutes, so that a rotation arrives."""

import json
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.failures import Retryable

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})
KEEP_SECONDS = 300.0
READ_ANEW_AT_MOST_EVERY = 30.0
KEEP_WHILE_AWAY_SECONDS = 6 * 3600.0
"""How long a known secret stays good while Secrets Manager cannot be read."""


Needs = Callable[[Mapping[str, str]], object]
"""Takes what is needed out of a secret; raises KeyError where it is not in there."""


class SecretsAway(Retryable):
    """Secrets Manager cannot be read, and the secret is not known here."""


class Secrets:
    """Secrets that are JSON objects of texts, by name or ARN."""

    def __init__(
        self,
        manager: Any | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._manager = manager or aws.client("secretsmanager", config=CONFIG)
        self._clock = clock
        self._kept: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._failed: dict[str, float] = {}
        self._on_failure = on_failure
        self._lock = Lock()

    def get(self, name: str, *, needs: Needs = dict, fresh: bool = False) -> Mapping[str, str]:
        """The secret. ``needs`` takes out what is needed of it: one that is not filled counts as away.

        ``fresh`` reads it again, but not more often than every half minute. While it cannot be read, what is known
        stays good for hours, and is asked for again every half minute. Raises SecretsAway when nothing is known:
        nothing is ever decided without the key.
        """
        with self._lock:
            now = self._clock()
            read_at, value = self._kept.get(name, (None, {}))
            if read_at is not None and now - read_at < (READ_ANEW_AT_MOST_EVERY if fresh else KEEP_SECONDS):
                return value
            known = read_at is not None and now - read_at < KEEP_WHILE_AWAY_SECONDS
            if known and now - self._failed.get(name, -READ_ANEW_AT_MOST_EVERY) < READ_ANEW_AT_MOST_EVERY:
                return value
            try:
                value = self._read(name)
                needs(value)
            except (BotoCoreError, ClientError, ValueError, KeyError, AttributeError) as error:
                self._failed[name] = now
                self._on_failure()
                if not known:
                    raise SecretsAway("a secret cannot be read") from error
                return value
            self._kept[name] = (now, value)
            return value

    def _read(self, name: str) -> Mapping[str, str]:
        text = self._manager.get_secret_value(SecretId=name)["SecretString"]
        return {key: str(each) for key, each in json.loads(text).items() if each}
