"""All checks, in the order of the path."""

from __future__ import annotations

from pixlake.doctor.delivery import error_output, stream
from pixlake.doctor.examination import Check
from pixlake.doctor.lake import query, table
from pixlake.doctor.ledger import ledger
from pixlake.doctor.one_image import one_image
from pixlake.doctor.queues import dead_letters, queue
from pixlake.doctor.scorer import event_source, function, result_cache
from pixlake.doctor.uploads import credentials, notifications, queue_policy, upload_buckets

_LOGIN = "log in (aws sso login, AWS_PROFILE …), or start the local cloud and run `eval $(pixlake env)`"
_NAMES = "run `eval $(pixlake env --stack NAME)` again: names of another stack or region? Else deploy the stack again"

CHECKS = (
    Check("credentials", credentials, _LOGIN),
    Check("upload bucket", upload_buckets, _NAMES, ("credentials",)),
    Check("queue", queue, _NAMES, ("credentials",)),
    Check("notifications", notifications, _NAMES, ("upload bucket", "queue")),
    Check("queue policy", queue_policy, _NAMES, ("notifications",)),
    Check("dead letters", dead_letters, _NAMES, ("credentials",)),
    Check("scorer", function, _NAMES, ("credentials",)),
    Check("event source", event_source, _NAMES, ("queue", "scorer")),
    Check(
        "result cache",
        result_cache,
        "deploy the stack again with ResultCache=on, or with off to do without",
        ("scorer",),
    ),
    Check("delivery stream", stream, _NAMES, ("credentials",)),
    Check("error output", error_output, _NAMES, ("credentials",)),
    Check("table and views", table, _NAMES, ("credentials",)),
    Check(
        "query",
        query,
        "try `pixlake query daily`; the work group, or the permission to read the lake, may be missing",
        ("table and views",),
    ),
    Check("ledger", ledger, _NAMES, ("credentials",)),
)
ONE_IMAGE = Check(
    "test image",
    one_image,
    "give your identity PutObject and DeleteObject on the upload bucket, or leave it out with --no-upload",
    ("queue policy", "event source", "delivery stream", "query"),
)
