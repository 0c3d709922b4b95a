"""Amazon Data Firehose on this machine: a delivery stream from `PutRecordBatch` to Parquet in S3.

The path of a record, one module a step: `service` (the API) → `stream` (accepts a record) → `deaggregation` →
`partitioning` → `buffering` → `delivery` → `conversion` by the Glue table (`openx` reads the JSON) → S3. What cannot
take that path ends in the error output (`error_output`). `configuration` says what of a stream is supported.
"""

from pixlake.localcloud.firehose.service import FirehoseService

__all__ = ["FirehoseService"]
