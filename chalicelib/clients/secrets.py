"""Secrets Manager: secrets are read at run time and kept for five minutes, so that a rotation arrives."""

import json
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})
KEEP_SECONDS = 300.0
READ_ANEW_AT_MOST_EVERY = 30.0


class Secrets:
    """Secrets that are JSON objects of texts, by name or ARN."""

    def __init__(self, manager: Any | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._manager = manager or boto3.client("secretsmanager", config=CONFIG)
        self._clock = clock
        self._kept: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._lock = Lock()

    def get(self, name: str, *, fresh: bool = False) -> Mapping[str, str]:
        """The secret. ``fresh`` reads it anew, but not more often than every half minute.

        botocore's errors pass when it cannot be read: nothing is ever decided without the key.
        """
        with self._lock:
            kept = self._kept.get(name)
            age = self._clock() - kept[0] if kept else None
            if kept is not None and age is not None and age < (READ_ANEW_AT_MOST_EVERY if fresh else KEEP_SECONDS):
                return kept[1]
            text = self._manager.get_secret_value(SecretId=name)["SecretString"]
            value = {key: str(each) for key, each in json.loads(text).items()}
            self._kept[name] = (self._clock(), value)
            return value
