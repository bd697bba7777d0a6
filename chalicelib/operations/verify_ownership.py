"""Judges a proof of ownership with what is known of the account, and with what Zuora says of the evidence (R62).

Zuora itself is asked in ``zuora/look_up_proof.py``, which few requests need.
"""

from collections.abc import Callable, Mapping
from functools import cache

from chalicelib.domain import verification as table
from chalicelib.domain.accounts import Account
from chalicelib.domain.events import Fact
from chalicelib.domain.evidence import Evidence, Verification, recorded
from chalicelib.domain.verification import Found
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.support import Desk

LookUp = Callable[[Evidence, Account], Found]
"""What Zuora says of the evidence. Refuses with ZuoraUnavailable when it does not answer."""


@frozen
class Proof:
    """What is presented, and how Zuora is asked about it."""

    verification: Verification
    look_up: LookUp

    def verify(self, account: Account, desk: Desk, context: Context) -> Mapping[str, Fact]:
        """Lets sufficient evidence pass and returns what the history keeps of it.

        Refuses with VerificationInsufficient, and with ZuoraUnavailable where Zuora has to say something and does not.
        """
        evidence = self.verification.evidence
        facts = table.Facts(
            account=account,
            staff=desk.person.address,
            today=context.now.date(),
            found=cache(lambda: self.look_up(evidence, account)),
            is_house=desk.house.has,
        )
        table.verify(self.verification, facts)
        return recorded(self.verification, context.pseudonym, agent=desk.actor)
