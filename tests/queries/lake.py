"""A lake for a case: the Glue database of athena/catalog.yaml, and files that the local Firehose wrote."""

import base64
import json
import uuid

from pixlake.localcloud import template as templates
from pixlake.localcloud.intrinsics import Resolver
from tests.conftest import ROOT

ROLE = "arn:aws:iam::123456789012:role/firehose"
# The template's range ends tomorrow; with it, the days that a view reads would grow with the calendar.
FIRST_DAY, LAST_DAY = "2026-03-01", "2026-03-20"

ROWS_A_RECORD = 100


class _Database:
    """What the catalogue's resources refer to."""

    def __init__(self, name):
        self._name = name

    def ref(self, logical_id):
        return {"Database": self._name}[logical_id]

    def attribute(self, logical_id, name):
        raise KeyError(logical_id, name)


class Lake:
    """One database and one bucket.

    Parameters
    ----------
    clients
        boto3 clients by name: `s3` and `glue`.
    firehose
        The `FirehoseService` over the same endpoint.
    """

    def __init__(self, clients, firehose):
        self.s3, self.glue, self._firehose = clients["s3"], clients["glue"], firehose
        name = uuid.uuid4().hex[:12]
        self.database, self.bucket = f"db_{name}", f"lake-{name}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.glue.create_database(DatabaseInput={"Name": self.database})
        for table in self.catalog(ROOT):
            self.glue.create_table(DatabaseName=self.database, TableInput=table)
        self._firehose.handle(
            "CreateDeliveryStream",
            {"DeliveryStreamName": self.database, "ExtendedS3DestinationConfiguration": self._destination()},
        )

    def catalog(self, root):
        """The tables and views of a checkout's athena/catalog.yaml, as a deployment hands them to Glue."""
        values = {
            "DatabaseName": self.database,
            "LakeBucketName": self.bucket,
            "EarliestUploadDate": FIRST_DAY,
            "AWS::AccountId": "123456789012",
        }
        resolver = Resolver(values, {}, {}, _Database(self.database))
        resources = templates.read(root / "athena" / "catalog.yaml")["Resources"]
        tables = [
            resolver.resolve(resource["Properties"]["TableInput"], logical_id)
            for logical_id, resource in resources.items()
            if resource["Type"] == "AWS::Glue::Table"
        ]
        for table in tables:
            if "projection.dt.range" in table["Parameters"]:
                table["Parameters"]["projection.dt.range"] = f"{FIRST_DAY},{LAST_DAY}"
        return tables

    def deliver(self, rows):
        """Send rows through Firehose; each of them must fit the table."""
        objects = [json.dumps(row) for row in rows]
        packed = ["".join(objects[at : at + ROWS_A_RECORD]) for at in range(0, len(objects), ROWS_A_RECORD)]
        records = [{"Data": base64.b64encode(record.encode()).decode()} for record in packed]
        answer = self._firehose.handle("PutRecordBatch", {"DeliveryStreamName": self.database, "Records": records})
        assert answer["FailedPutCount"] == 0
        assert self._firehose.flush() == 0
        assert [key for key in self.keys("") if key.startswith("errors/")] == []

    def deliver_again(self):
        """Put every delivered file into its partition a second time."""
        for key in self.keys("image_scores/"):
            self.s3.copy_object(Bucket=self.bucket, Key=f"{key}-again", CopySource={"Bucket": self.bucket, "Key": key})

    def keys(self, prefix):
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [found["Key"] for found in listed]

    def _destination(self):
        """The stream's destination as template.yaml states it, of the default intervals."""
        stream = templates.read(ROOT / "template.yaml")["Resources"]["RowStream"]["Properties"]
        stated = stream["ExtendedS3DestinationConfiguration"]
        kept = ("Prefix", "ErrorOutputPrefix", "CompressionFormat", "DynamicPartitioningConfiguration")
        conversion = stated["DataFormatConversionConfiguration"]
        schema = {"RoleARN": ROLE, "DatabaseName": self.database, "TableName": "image_scores", "Region": "us-east-1"}
        return {
            **{name: stated[name] for name in (*kept, "ProcessingConfiguration")},
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{self.bucket}",
            "BufferingHints": {"IntervalInSeconds": 900, "SizeInMBs": 64},
            "DataFormatConversionConfiguration": {**conversion, "SchemaConfiguration": schema},
        }
