"""Trino as a second engine of tests/queries: the same lake, the same statement, the same form of answer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import wraps

from moto.s3.models import S3Backend

from tests.queries.engines import Answer
from tests.queries.lake import Lake
from tests.trino.comparison import athena_type, athena_value
from tools.trino import TrinoServer


class Trino:
    """Runs statements on a Trino whose Glue and S3 is the moto of this process."""

    def __init__(self, server: TrinoServer) -> None:
        self._server = server

    def run(self, lake: Lake, sql: str, parameters: Sequence[str] = ()) -> Answer:
        """Run a statement in a lake's database; `parameters` are SQL literals for its `?`."""
        with _objects_read(lake.bucket) as read:
            result = self._server.client(lake.database).execute(sql, parameters)
        types = [athena_type(name) for name in result.types]
        rows = [tuple(map(athena_value, row, types)) for row in result.rows]
        return Answer(result.names, rows, types, sorted(read))


@contextmanager
def _objects_read(bucket: str) -> Iterator[set[str]]:
    """The keys of the objects that anybody gets from a bucket meanwhile."""
    keys: set[str] = set()
    get_object = S3Backend.get_object

    @wraps(get_object)
    def recording(backend, bucket_name, key_name, *args, **options):
        if bucket_name == bucket:
            keys.add(key_name)
        return get_object(backend, bucket_name, key_name, *args, **options)

    S3Backend.get_object = recording
    try:
        yield keys
    finally:
        S3Backend.get_object = get_object
