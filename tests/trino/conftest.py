"""One Trino for all tests, over the lakes that tests/queries makes."""

import logging

import pytest

from tests.queries.conftest import engine as local  # noqa: F401 - fixtures
from tests.queries.conftest import lake_of, new_lake  # noqa: F401
from tests.trino.engine import Trino
from tests.trino.rows import rows
from tools.trino import Lake, TrinoServer

logging.getLogger("werkzeug").setLevel(logging.WARNING)  # or a failure's report drowns in requests


@pytest.fixture(scope="session")
def trino_server(moto_endpoint, request):
    """A started server; what it fetches and how long it takes goes to the terminal."""
    terminal = request.config.get_terminal_writer()
    with TrinoServer(
        Lake(moto_endpoint, "s3://warehouse/"), progress=lambda line: terminal.line(f"\n{line}")
    ) as server:
        yield server


@pytest.fixture(scope="session")
def trino(trino_server):
    return Trino(trino_server)


@pytest.fixture(scope="session")
def traps(new_lake):  # noqa: F811
    """A lake with every trap of the contract in it."""
    return new_lake(rows())
