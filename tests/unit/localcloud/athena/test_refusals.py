"""What Trino answers and the local Athena does not: refused by name, not answered otherwise."""

from pathlib import Path

import pytest

REFUSED = (Path(__file__).parent / "refused.sql").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("expression", REFUSED)
def test_given_what_is_not_supported_when_asked_then_it_is_refused_by_name(expression, shared_lake):
    execution = shared_lake.run(f"SELECT {expression} AS x")

    reason = execution["Status"].get("StateChangeReason", "it was answered")
    assert reason.startswith("NOT_SUPPORTED: ")
    assert reason.partition(" not supported by the local Athena")[1]
