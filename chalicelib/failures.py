"""The two kinds of failure of other systems: retrying may help, or only a person can."""


class Retryable(Exception):
    """The same call may succeed later: an outage, a limit, a lock, an answer that never came or could not be read.

    The caller keeps the work and tries again, not before ``retry_after`` seconds if that is known. The call may have
    taken effect all the same, so it must bear repetition.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Permanent(Exception):
    """The other side understood the call and refused it; repeating it gives the same answer.

    The caller records ``code`` and ``reason`` where a person sees them and drops the work. ``reason`` may quote what
    was sent, so it is not part of the exception's own text, which ends up in logs.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason
