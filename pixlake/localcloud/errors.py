"""The error tree of the local cloud.

LocalCloudError
├── TemplateError            the template, or a parameter given to it, is wrong
│   └── UnsupportedError     right on AWS, but the local cloud has nothing for it: refused by name, never ignored
├── PortTakenError           another program listens there
├── StateError               the state directory cannot be used, or does not fit the template
├── CreationError            a resource could not be created
└── ReleaseError             a version was checked before it gets uploads, and must not have them
"""

from __future__ import annotations

from collections.abc import Sequence


class LocalCloudError(Exception):
    """What a person who runs the local cloud can mend; the command line prints it without a traceback."""


class TemplateError(LocalCloudError):
    """The template, or a parameter given to it, is wrong. `problems` holds one sentence each."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class UnsupportedError(TemplateError):
    """The local cloud has nothing for a type, property or function the template uses."""


class PortTakenError(LocalCloudError):
    """Another program listens on the port."""


class StateError(LocalCloudError):
    """The state directory is in use, damaged, or does not fit the template."""


class CreationError(LocalCloudError):
    """A resource of the template could not be created."""


class ReleaseError(LocalCloudError):
    """The hook that checks a version does not let it get uploads."""
