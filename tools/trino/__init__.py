"""A real Trino, the engine under Athena, on this machine: the second opinion on every view and query.

`distribution` fetches it, `java` finds a runtime for it, `server` runs it over a local Glue and S3, `client` asks it.
"""

from tools.trino.client import Result, TrinoClient
from tools.trino.errors import TrinoError
from tools.trino.server import Lake, TrinoServer

__all__ = ["Lake", "Result", "TrinoClient", "TrinoError", "TrinoServer"]
