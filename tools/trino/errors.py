"""What can go wrong with a Trino on this machine.

TrinoError
├── FetchError    Trino or a Java runtime cannot be had, or is not the one that was pinned
├── StartError    the server ended, or did not answer in time
└── QueryFailed   the server refused or gave up a statement
"""


class TrinoError(Exception):
    """Base of this package's errors: the message says what, where, why and what next."""


class FetchError(TrinoError):
    """Trino or a Java runtime cannot be had, or is not the one that was pinned."""


class StartError(TrinoError):
    """The server ended, or did not answer in time."""


class QueryFailed(TrinoError):
    """The server refused or gave up a statement. `name` is Trino's, e.g. COLUMN_NOT_FOUND."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
