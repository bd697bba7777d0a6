"""Clients of AWS, all from one botocore session: it reads descriptions, endpoints and credentials once.

botocore is enough: what boto3 adds to it, nobody here calls, and it would be loaded at every cold start.
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config


def client(service: str, *, config: Config) -> Any:
    """A new client of that service. Clients may be shared between threads."""
    return session().create_client(service, config=config)


@cache
def session() -> botocore.session.Session:
    """The session of this process."""
    return botocore.session.get_session()
