"""A lake in moto, and the local Athena over it: in process, and behind a small front for the official clients."""

import base64
import io
import json
import threading
import time
import uuid

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from pixlake.localcloud.athena import AthenaService
from pixlake.localcloud.protocol import ServiceError

PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


def _client(service, endpoint):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture(scope="session")
def clients(moto_endpoint):
    return {name: _client(name, moto_endpoint) for name in ("s3", "glue", "athena")}


@pytest.fixture(scope="session")
def athena(moto_endpoint):
    service = AthenaService(moto_endpoint)
    yield service
    service.close()


class Lake:
    """A database, a lake bucket and a results bucket of the test's own."""

    def __init__(self, clients, service):
        self.s3, self.glue, self.moto_athena = clients["s3"], clients["glue"], clients["athena"]
        self.service = service
        name = uuid.uuid4().hex[:12]
        self.database, self.bucket, self.results = f"db_{name}", f"lake-{name}", f"results-{name}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.create_bucket(Bucket=self.results)
        self.glue.create_database(DatabaseInput={"Name": self.database})
        self.output = f"s3://{self.results}/queries/"

    def table(self, name, columns, keys=(), parameters=None, location=None, storage=PARQUET):
        self.glue.create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", **(parameters or {})},
                "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys],
                "StorageDescriptor": {
                    "Columns": [{"Name": n, "Type": t} for n, t in columns],
                    "Location": location or f"s3://{self.bucket}/{name}/",
                    **storage,
                },
            },
        )

    def view(self, name, sql, database=None):
        stored = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": database or self.database, "columns": []}
        text = base64.b64encode(json.dumps(stored).encode()).decode()
        self.glue.create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": name,
                "TableType": "VIRTUAL_VIEW",
                "Parameters": {"presto_view": "true"},
                "ViewOriginalText": f"/* Presto View: {text} */",
                "ViewExpandedText": "/* Presto View */",
                "StorageDescriptor": {"Columns": [], "SerdeInfo": {}},
            },
        )

    def put(self, key, rows, schema=None):
        """Write rows (a list of dicts, or an Arrow table) as a Parquet object."""
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=schema)
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=buffer.getvalue())
        return len(buffer.getvalue())

    def start(self, sql, parameters=None, **more):
        payload = {
            "QueryString": sql,
            "QueryExecutionContext": {"Database": self.database},
            "ResultConfiguration": {"OutputLocation": self.output},
            **more,
        }
        if parameters is not None:
            payload["ExecutionParameters"] = parameters
        return self.service.handle("StartQueryExecution", payload)["QueryExecutionId"]

    def wait(self, query_execution_id, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            execution = self.service.handle("GetQueryExecution", {"QueryExecutionId": query_execution_id})[
                "QueryExecution"
            ]
            if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return execution
            threading.Event().wait(0.01)
        raise AssertionError(f"query {query_execution_id} did not end in {seconds} s")

    def run(self, sql, parameters=None, **more):
        """Run a statement to its end; return the execution."""
        return self.wait(self.start(sql, parameters, **more))

    def rows(self, sql, parameters=None):
        """The rows of a query that must succeed, as lists of text (None for NULL), without the header."""
        execution = self.run(sql, parameters)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return self.page(execution)[1:]

    def page(self, execution, **more):
        answer = self.service.handle("GetQueryResults", {"QueryExecutionId": execution["QueryExecutionId"], **more})
        return [[datum.get("VarCharValue") for datum in row["Data"]] for row in answer["ResultSet"]["Rows"]]

    def value(self, expression):
        """The one value of `SELECT <expression>`."""
        [[value]] = self.rows(f"SELECT {expression}")
        return value

    def values(self, *expressions):
        [row] = self.rows(f"SELECT {', '.join(expressions)}")
        return row

    def failure(self, sql, parameters=None):
        """Why a query fails."""
        status = self.run(sql, parameters)["Status"]
        assert status["State"] == "FAILED", status
        return status["StateChangeReason"]

    def opened(self, sql, parameters=None):
        """The keys of the objects that a query read."""
        execution = self.run(sql, parameters)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        uris = self.service.files_opened(execution["QueryExecutionId"])
        return [uri.removeprefix(f"s3://{self.bucket}/") for uri in uris]


@pytest.fixture
def lake(clients, athena):
    return Lake(clients, athena)


@pytest.fixture(scope="module")
def shared_lake(clients, athena):
    """A lake for tests that only read."""
    return Lake(clients, athena)


@pytest.fixture(scope="session")
def endpoint():
    """One endpoint as a client sees it: the local Athena's actions to it, everything else to moto."""
    moto = DomainDispatcherApplication(create_backend_app)
    services = []

    def front(environ, start_response):
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        action = target.rpartition(".")[2]
        if target.startswith("AmazonAthena.") and action in services[0].actions:
            payload = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)))
            try:
                status, answer = "200 OK", services[0].handle(action, payload)
            except ServiceError as error:
                status, answer = f"{error.status} Error", {"__type": error.code, "message": error.message}
            body = json.dumps(answer).encode()
            start_response(status, [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))])
            return [body]
        return moto(environ, start_response)

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_args):
            pass

    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    services.append(AthenaService(url))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield url
    services[0].close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client_lake(endpoint):
    """A lake behind the client-level endpoint; its `boto3` are official clients."""
    clients = {name: _client(name, endpoint) for name in ("s3", "glue", "athena")}
    made = Lake(clients, None)
    made.endpoint = endpoint
    return made
