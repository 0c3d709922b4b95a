"""The benchmark's services answer the scorer's own adapters as AWS does, and count what they were asked."""

import boto3
import pytest

from adapters.dynamodb import DynamoDBCacheStore
from adapters.s3 import S3ObjectStore
from benchmarks import workers
from benchmarks.dataset import PictureSet, build
from benchmarks.events import BUCKET, batches
from benchmarks.server import Server
from benchmarks.suite import share
from benchmarks.workers import Workers
from inference.catalog import MODELS
from sink.errors import StoreUnavailable
from sink.events import UploadEvent, UploadMessage


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return build([PictureSet("small", 4, 0.05, ("jpg",))], tmp_path_factory.mktemp("bench") / "set", processes=1)


@pytest.fixture(scope="module")
def server(dataset):
    with Server(dataset.directory) as running:
        yield running


@pytest.fixture
def client(server):
    server.reset()
    session = boto3.Session("bench", "bench", region_name="us-east-1")
    made = []

    def make(service):
        made.append(session.client(service, endpoint_url=f"http://127.0.0.1:{server.port}"))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_events_name_every_upload_once_and_the_object_store_reads_it(dataset, client, server):
    paths = dataset.sets["small"]
    events = batches([*paths, paths[0]], 2)
    store = S3ObjectStore(client("s3"), 50_000_000)

    messages = [message for event in events for message in UploadMessage.from_sqs_event(event)]
    uploads = [upload for message in messages for upload in message.events]
    fetched = [store.fetch(upload) for upload in uploads]

    assert [len(event["Records"]) for event in events] == [2, 2, 1]
    assert len({message.message_id for message in messages}) == 5
    assert len({upload.key for upload in uploads}) == 5
    assert [each.body for each in fetched] == [path.read_bytes() for path in [*paths, paths[0]]]
    assert [each.etag for each in fetched] == [upload.etag for upload in uploads]
    assert server.usage()["gets"] == 5
    assert server.usage()["cpu_s"] > 0


def test_an_object_that_is_not_there_is_trouble(dataset, client):
    [message] = UploadMessage.from_sqs_event(batches(dataset.sets["small"][:1], 1)[0])
    [upload] = message.events
    absent = UploadEvent(upload.kind, BUCKET, "0/absent.jpg", upload.event_time)

    with pytest.raises(StoreUnavailable):
        S3ObjectStore(client("s3"), 50_000_000).fetch(absent)


def test_the_table_keeps_items_until_it_is_reset(client, server):
    store = DynamoDBCacheStore(client("dynamodb"), "results")

    store.set("one", {"text": "a"}, 1)
    store.set("one", {"model": "b"}, 2)

    assert store.get(["one", "absent"]) == {"one": {"content": "one", "text": "a", "model": "b", "expires_at": 2}}
    server.reset()
    assert store.get(["one"]) == {}


def test_limit_and_handler_do_the_same_images(dataset, server):
    paths = dataset.sets["small"]
    with Workers(workers.limit, 1, MODELS) as limit, Workers(workers.handler, 2, MODELS, server.port, True) as handler:
        server.reset()
        alone = limit.run([paths])
        both = handler.run(batches(paths, 1))

    assert alone.cpu_s > 0
    assert both.cpu_s > 0
    done = server.usage()
    assert (done["gets"], done["scored_rows"], done["cache_writes"]) == (4, 4, 4)
    assert done["billed_bytes"] == 4 * 5 * 1024  # four calls with a row each, each record rounded up
    assert 0 < done["row_bytes"] < done["billed_bytes"]


def test_a_batch_calls_each_service_as_seldom_as_it_can(dataset, server):
    paths = [*dataset.sets["small"], *dataset.sets["small"]]  # each twice, under two keys
    with Workers(workers.handler, 1, MODELS, server.port, True) as handler:
        server.reset()
        handler.run(batches([*paths, *paths[:2]], 10))

    done = server.usage()
    assert done["scored_rows"] == 10
    assert done["gets"] == 10
    assert done["cache_reads"] == 2  # a group of eight, and the last two
    assert done["cache_writes"] == 4  # one a content
    assert done["put_calls"] == 1
    assert done["billed_bytes"] < done["row_bytes"] * 1.5  # ten rows share records


def test_a_failing_handler_is_no_measurement(dataset, server):
    [event] = batches(dataset.sets["small"][:1], 1)
    event["Records"][0]["body"] = "nobody can read this"

    with (
        Workers(workers.handler, 1, MODELS, server.port, False) as handler,
        pytest.raises(RuntimeError, match="1 of 1"),
    ):
        handler.run([event])


def test_rounds_share_a_set_without_overlap(dataset):
    paths = dataset.sets["small"]

    assert [share(paths, number, 2) for number in range(2)] == [paths[:2], paths[2:]]
