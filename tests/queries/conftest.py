"""One S3, Glue, Firehose and Athena for all cases, and a lake a case."""

import boto3
import pytest

from pixlake.localcloud.athena import AthenaService
from pixlake.localcloud.firehose import FirehoseService
from tests.queries.engines import LocalAthena
from tests.queries.lake import Lake


@pytest.fixture(scope="session")
def new_lake(moto_endpoint):
    """Make a lake that holds rows; with `again`, every delivered file a second time."""
    options = {
        "endpoint_url": moto_endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    clients = {name: boto3.client(name, **options) for name in ("s3", "glue")}
    firehose = FirehoseService(moto_endpoint)

    def make(rows, again=False):
        lake = Lake(clients, firehose)
        lake.deliver(rows)
        if again:
            lake.deliver_again()
        return lake

    yield make
    firehose.close()


@pytest.fixture(scope="session")
def lake_of(new_lake):
    """The lake of a case, made once: nothing that a test does changes it."""
    made = {}

    def find(case):
        if case.id not in made:
            made[case.id] = new_lake(case.rows)
        return made[case.id]

    return find


@pytest.fixture(scope="session")
def engine(moto_endpoint):
    service = AthenaService(moto_endpoint)
    yield LocalAthena(service)
    service.close()
