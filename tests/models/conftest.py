"""What the tests of the models' build tool share."""

import pytest

from tools.models.errors import CannotHideCpuError
from tools.models.hidden_cpu import hidden_copy


@pytest.fixture(scope="session")
def hidden_cpu(tmp_path_factory):
    """The environment in which a child process plays an older CPU; skips where this machine cannot."""
    try:
        return hidden_copy(tmp_path_factory.mktemp("hidden"))
    except CannotHideCpuError as reason:
        pytest.skip(f"cannot play an older CPU here: {reason}")
