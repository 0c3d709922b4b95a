"""Score the images whose upload notifications arrive in an SQS batch."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import bootstrap
from handlers.score_uploads_settings import ScoreUploadsSettings
from handlers.version_metric import publish_retried
from inference import InferenceError
from sink.deadline import Deadline
from sink.errors import SinkError
from sink.events import UploadMessage
from sink.score_uploads import BatchOutcome

RESERVE_MS = 30_000
"""Time kept to score the group at hand (8 images of 50 megapixels take up to 20 s) and to deliver the rows (a call of
Firehose takes up to 7 s, and the retries end with the time). See docs/reliability.md."""

logger = Logger()
metrics = Metrics()
# In the init phase: a bad setting stops the function, not an image, and models load at full CPU speed.
score_uploads = bootstrap.score_uploads(ScoreUploadsSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer with the messages that the queue shall deliver again (partial batch response)."""
    messages = UploadMessage.from_sqs_event(event)
    outcome = score_uploads(messages, Deadline.of(context, RESERVE_MS))
    report(messages, outcome)
    publish_retried(len(messages), len(outcome.retry), metrics.service, context.function_version)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in outcome.retry]}


def report(messages: list[UploadMessage], outcome: BatchOutcome) -> None:
    """One log line and one metrics flush a batch; a line for each message that comes again."""
    received = {message.message_id: message.receive_count for message in messages}
    for message_id, reason in outcome.failures.items():
        extra = {"received": received[message_id], "reason": str(reason), "error": type(reason).__name__}
        trace = None if isinstance(reason, SinkError | InferenceError) else reason  # a bug of ours: where is it?
        logger.warning("message comes again", correlation_id=message_id, extra=extra, exc_info=trace)
    logger.info("batch done", extra={"messages": len(messages), "rows": outcome.rows, "retry": len(outcome.retry)})
    for status, count in outcome.rows.items():
        metrics.add_metric(f"Uploads{status.capitalize()}", MetricUnit.Count, count)
    metrics.add_metric("MessagesReceived", MetricUnit.Count, len(messages))
    metrics.add_metric("MessagesRedelivered", MetricUnit.Count, sum(count > 1 for count in received.values()))
    metrics.add_metric("MessagesRetried", MetricUnit.Count, len(outcome.retry))
    metrics.add_metric("MessagesOutOfTime", MetricUnit.Count, outcome.out_of_time)
    metrics.add_metric("ImagesFlagged", MetricUnit.Count, outcome.flagged)
    metrics.add_metric("ImagesFromCache", MetricUnit.Count, outcome.not_inferred)
    metrics.add_metric("CacheFailures", MetricUnit.Count, outcome.cache_failures)
    metrics.add_metric("BytesRead", MetricUnit.Bytes, outcome.bytes_read)
