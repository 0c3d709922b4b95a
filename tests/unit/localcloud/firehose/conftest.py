"""A real S3 and Glue (moto), a clock turned by hand, and short ways to put rows and to read what came of them."""

import base64
import io
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pyarrow.parquet as pq
import pytest

from pixlake.localcloud.firehose import FirehoseService
from pixlake.localcloud.protocol import ServiceError

START = 1_793_872_800.0  # 2026-11-05 10:00:00 UTC

# The row contract: table image_scores.
IMAGE_SCORES = [
    ("row_id", "string"),
    ("status", "string"),
    ("bucket", "string"),
    ("object_key", "string"),
    ("version_id", "string"),
    ("etag", "string"),
    ("sequencer", "string"),
    ("object_bytes", "bigint"),
    ("content_type", "string"),
    ("content_sha256", "string"),
    ("metadata", "map<string,string>"),
    ("source", "string"),
    ("uploaded_at", "timestamp"),
    ("event_time", "timestamp"),
    ("scored_at", "timestamp"),
    ("error", "struct<code:string,message:string>"),
    ("image", "struct<format:string,width:int,height:int,mode:string,frames:int,exif_orientation:int,dhash:bigint>"),
    ("models", "map<string,string>"),
    ("cached", "array<string>"),
    ("timing", "struct<download_ms:double,decode_ms:double,inference_ms:double>"),
    ("category", "struct<label:string,family:string,score:double,top:array<struct<label:string,score:double>>>"),
    (
        "quality",
        "struct<score:double,sharpness:double,noise:double,brightness:double,contrast:double,colorfulness:double>",
    ),
    ("text", "struct<coverage:double,regions:int>"),
    ("nsfw", "struct<score:double>"),
]


class TurnedClock:
    """Time passes only when a test turns it."""

    def __init__(self):
        self._now = START
        self._conditions = set()
        self.waiting_for = None

    def now(self):
        return self._now

    def wait(self, condition, seconds):
        self._conditions.add(condition)
        self.waiting_for = seconds
        condition.wait(30)  # until notified; the bound keeps a forgotten thread from living on

    def turn(self, seconds):
        for condition in list(self._conditions):
            condition.acquire()
        try:
            self._now += seconds
            for condition in self._conditions:
                condition.notify_all()
        finally:
            for condition in list(self._conditions):
                condition.release()


class Lake:
    """One test's bucket and Glue database on a shared moto server."""

    def __init__(self, endpoint, s3, glue):
        self.endpoint, self.s3, self.glue = endpoint, s3, glue
        self.bucket = f"lake-{uuid.uuid4().hex[:12]}"
        self.database = f"db_{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.glue.create_database(DatabaseInput={"Name": self.database})

    def put_table(self, columns, name="image_scores"):
        table = {
            "Name": name,
            "StorageDescriptor": {"Columns": [{"Name": n, "Type": t} for n, t in columns]},
            "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        }
        if name in [found["Name"] for found in self.glue.get_tables(DatabaseName=self.database)["TableList"]]:
            self.glue.update_table(DatabaseName=self.database, TableInput=table)
        else:
            self.glue.create_table(DatabaseName=self.database, TableInput=table)

    def destination(self, **changes):
        """The pixlake stream's destination; a value of None leaves a member out."""
        destination = {
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            "BucketARN": f"arn:aws:s3:::{self.bucket}",
            "Prefix": "image_scores/dt=!{partitionKeyFromQuery:dt}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/",
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
            "CompressionFormat": "UNCOMPRESSED",
            "DynamicPartitioningConfiguration": {"Enabled": True},
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [
                    {
                        "Type": "RecordDeAggregation",
                        "Parameters": [{"ParameterName": "SubRecordType", "ParameterValue": "JSON"}],
                    },
                    {
                        "Type": "MetadataExtraction",
                        "Parameters": [
                            {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{dt: .dt}"},
                        ],
                    },
                ],
            },
            "DataFormatConversionConfiguration": {
                "Enabled": True,
                "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
                "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {"Compression": "SNAPPY"}}},
                "SchemaConfiguration": {
                    "RoleARN": "arn:aws:iam::123456789012:role/firehose",
                    "DatabaseName": self.database,
                    "TableName": "image_scores",
                    "Region": "us-east-1",
                    "VersionId": "LATEST",
                },
            },
            "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "g", "LogStreamName": "s"},
        }
        return {name: value for name, value in (destination | changes).items() if value is not None}

    def plain_destination(self, **changes):
        """JSON concatenated as it comes: no partitions, no conversion."""
        off = dict.fromkeys(
            (
                "DynamicPartitioningConfiguration",
                "ProcessingConfiguration",
                "DataFormatConversionConfiguration",
                "ErrorOutputPrefix",
                "BufferingHints",
            )
        )
        return self.destination(**{**off, "Prefix": "raw/", **changes})

    def keys(self, prefix=""):
        return sorted(o["Key"] for o in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", []))

    def body(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def rows(self, prefix="image_scores/"):
        """Every row under the prefix, in the order of arrival within a file."""
        found = []
        for key in self.keys(prefix):
            found += pq.read_table(io.BytesIO(self.body(key))).to_pylist(maps_as_pydicts="strict")
        return found

    def errors(self, error_type):
        """Every document of one kind of error output, with `row`: its rawData decoded."""
        found = []
        for key in self.keys(f"errors/{error_type}/"):
            for line in self.body(key).decode().splitlines():
                document = json.loads(line)
                found.append(document | {"row": base64.b64decode(document["rawData"])})
        return found


@pytest.fixture(scope="session")
def clients(moto_endpoint):
    options = {
        "endpoint_url": moto_endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    clients = boto3.client("s3", **options), boto3.client("glue", **options)
    yield clients
    for client in clients:
        client.close()


@pytest.fixture
def lake(moto_endpoint, clients):
    return Lake(moto_endpoint, *clients)


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def service(lake, clock):
    service = FirehoseService(lake.endpoint, clock=clock)
    yield service
    service.close()


@pytest.fixture
def create(service):
    """Create a stream `rows` of a destination."""

    def create(destination, name="rows", **more):
        payload = {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": destination, **more}
        return service.handle("CreateDeliveryStream", payload)["DeliveryStreamARN"]

    return create


@pytest.fixture
def stream(lake, create):
    """The pixlake stream with a table of two columns."""
    lake.put_table([("id", "int"), ("name", "string")])
    create(lake.destination())


@pytest.fixture
def put(service):
    """Put records: bytes as they are, anything else as JSON; several arguments are several records."""

    def put(*records, name="rows"):
        data = [record if isinstance(record, bytes) else json.dumps(record).encode() for record in records]
        payload = {
            "DeliveryStreamName": name,
            "Records": [{"Data": base64.b64encode(record).decode()} for record in data],
        }
        return service.handle("PutRecordBatch", payload)

    return put


@pytest.fixture
def refusal(create):
    """The error that a destination is refused with."""

    def refusal(destination, **more):
        with pytest.raises(ServiceError) as caught:
            create(destination, **more)
        return caught.value

    return refusal


@pytest.fixture
def eventually():
    """Wait until something holds, at most 10 s."""

    def eventually(holds):
        deadline = time.monotonic() + 10
        turn = threading.Event()
        while not holds():
            assert time.monotonic() < deadline, "did not come true within 10 s"
            turn.wait(0.005)

    return eventually


@pytest.fixture
def firehose(service):
    """A boto3 client that speaks to the service over HTTP, as the local cloud's front does."""

    class Front(BaseHTTPRequestHandler):
        def do_POST(self):
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answer = 200, service.handle(self.headers["X-Amz-Target"].split(".")[1], payload)
            except ServiceError as error:
                status, answer = error.status, {"__type": error.code, "message": error.message}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    client = boto3.client("firehose", endpoint_url=f"http://127.0.0.1:{server.server_port}", region_name="us-east-1")
    yield client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def image_scores():
    return IMAGE_SCORES
