"""The consumer of the mail queue."""

import logging

from chalice.app import Blueprint, SQSEvent

bp = Blueprint(__name__)
logger = logging.getLogger(__name__)


@bp.on_sqs_message(queue="${EmailQueue.QueueName}", batch_size=10)
def emails(event: SQSEvent) -> dict[str, list[str]]:
    """Takes a batch of mail messages."""
    for record in event:
        logger.warning("mail %s", record.body)
    return {"batchItemFailures": []}
