"""Duplicates through real processes: the second one is answered by the table."""

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cloud")]
MODELS = ["category", "quality", "text", "nsfw"]


def test_a_content_uploaded_again_gets_the_same_row_without_a_model_running(cloud, tmp_path):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes((ROOT / "samples" / "cat.jpg").read_bytes() + b"a content of its own")
    facts = ["image", *MODELS, "models"]
    columns = "uploaded_at, timing.decode_ms AS decode_ms, CAST(cached AS json) AS cached, " + ", ".join(
        f"CAST({name} AS json) AS {name}" for name in facts
    )
    cloud.pixlake("upload", photo, "--prefix", "twice/first/")
    [first] = cloud.rows(columns, "twice/first/", 1)

    cloud.pixlake("upload", photo, "--prefix", "twice/second/")
    [second] = cloud.rows(columns, "twice/second/", 1)

    assert (first["cached"], second["cached"]) == ("[]", '["category","quality","text","nsfw"]')
    assert first["decode_ms"] > 0
    assert second["decode_ms"] is None
    assert [second[name] for name in facts] == [first[name] for name in facts]
    day = second["uploaded_at"][:10]
    hits = cloud.pixlake("query", "cache_hit_rate", "--param", day, "--param", day, "--format", "csv").stdout
    assert [line.split(",")[1] for line in hits.splitlines()[1:]] == sorted(MODELS)
    assert all(int(line.split(",")[3]) >= 1 for line in hits.splitlines()[1:])
