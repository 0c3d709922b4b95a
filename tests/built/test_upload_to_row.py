"""Tests of the whole way, from upload to query, against the built code and the template that `sam deploy` reads."""

import pytest

from tests.e2e.test_upload_to_row import (  # noqa: F401 - collected here, with the cloud of this folder
    samples,
    test_a_key_with_everything_in_it_becomes_a_row_that_awswrangler_reads,
    test_rows_hold_the_same_scores_as_pixlake_score,
    test_the_corrupt_sample_is_a_rejected_row_and_all_others_are_scored,
)

pytestmark = pytest.mark.built


def test_the_functions_run_from_their_built_folders(cloud, built, samples):  # noqa: F811 - the fixture
    log = cloud.scorer_log()

    assert '"message":"batch done"' in log
    assert "Traceback" not in log
