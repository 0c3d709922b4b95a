"""Output decoders against answers worked out by hand, and region counting against a search pixel by pixel."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from inference.outputs import count_regions, coverage_map, positive_class, read_labels, top_k


def regions_by_search(marked: np.ndarray) -> int:
    """Flood each area from its first pixel, through all eight neighbours."""
    left = {(int(y), int(x)) for y, x in np.argwhere(marked)}
    regions = 0
    while left:
        regions += 1
        queue = deque([left.pop()])
        while queue:
            y, x = queue.popleft()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            queue.extend(near)
    return regions


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.booleans()))
def test_given_any_mask_when_counted_then_regions_are_those_of_a_search(marked):
    assert count_regions(marked) == regions_by_search(marked)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.41, 0.6, 1.0])
def test_given_a_large_mask_when_counted_then_regions_are_those_of_a_search(share):
    marked = np.random.default_rng(3).random((64, 80)) < share

    assert count_regions(marked) == regions_by_search(marked)


@pytest.mark.parametrize(
    ("rows", "regions"),
    [
        (["....", "...."], 0),
        (["##.#", "...."], 2),
        (["#...", ".#..", "..#."], 1),  # corners touch
        (["...#", "#..."], 2),  # the end of a row does not touch the start of the next
        (["#.#", "###"], 1),
        (["#####", "#...#", "#.#.#", "#...#", "#####"], 2),
        (["#"], 1),
    ],
)
def test_given_a_drawn_mask_when_counted_then_touching_pixels_are_one_region(rows, regions):
    marked = np.array([[pixel == "#" for pixel in row] for row in rows])

    assert count_regions(marked) == regions


def test_given_a_map_when_read_then_coverage_is_the_share_above_the_threshold():
    probabilities = np.zeros((1, 4, 5), np.float32)
    probabilities[0, 0, :2] = 0.9
    probabilities[0, 3, 4] = 0.31
    probabilities[0, 3, 0] = 0.3  # not above

    struct = coverage_map(probabilities, threshold=0.3)

    assert struct == {"coverage": 3 / 20, "regions": 2}
    assert [type(value) for value in struct.values()] == [float, int]


def test_given_a_classifier_when_read_then_the_score_is_that_of_the_class():
    assert positive_class(np.array([0.75, 0.25], np.float32), index=1) == {"score": 0.25}
    assert type(positive_class(np.array([0.75, 0.25], np.float32), index=1)["score"]) is float


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text('index,synset,label,family\n0,n0,tench,fish\n1,n1,espresso,drink\n2,n2,"crib, cot",furniture\n')
    return path


def test_given_probabilities_when_read_then_the_best_come_first_and_equals_by_index(labels):
    struct = top_k(np.array([0.2, 0.2, 0.6], np.float32), labels=labels, k=2)

    assert struct["label"] == "crib, cot"
    assert struct["family"] == "furniture"
    assert struct["score"] == pytest.approx(0.6)
    assert [entry["label"] for entry in struct["top"]] == ["crib, cot", "tench"]
    assert type(struct["top"][1]["score"]) is float


def test_given_labels_out_of_order_when_read_then_they_are_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("index,label,family\n1,a,b\n0,c,d\n")

    with pytest.raises(ValueError, match="0, 1, 2"):
        read_labels(path)
