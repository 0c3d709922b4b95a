import pytest

from pixlake.cli.terminal import CommandError
from pixlake.cli.upload import plan


@pytest.fixture
def tree(tmp_path):
    for name in ("a.jpg", "food/naïve + 1.PNG", "food/deep/b.webp", "notes.txt", ".hidden/c.jpg", ".d.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "photos"


def keys(uploads):
    return {each.key for each in uploads}


def test_keys_are_relative_to_the_folder_named(tree):
    assert keys(plan([tree])) == {"a.jpg", "food/naïve + 1.PNG", "food/deep/b.webp"}
    assert keys(plan([tree / "food"])) == {"naïve + 1.PNG", "deep/b.webp"}


def test_a_file_named_is_taken_whatever_it_is(tree):
    assert keys(plan([tree / "notes.txt"])) == {"notes.txt"}


def test_all_takes_every_file_but_hidden_ones(tree):
    assert keys(plan([tree], every_file=True)) == {"a.jpg", "food/naïve + 1.PNG", "food/deep/b.webp", "notes.txt"}


def test_a_prefix_stands_before_every_key(tree):
    assert keys(plan([tree / "a.jpg"], "2026/")) == {"2026/a.jpg"}


def test_two_files_for_one_key_are_refused_by_name(tree):
    (tree / "food" / "a.jpg").write_bytes(b"y")

    with pytest.raises(CommandError, match=r"would both become the key a\.jpg.*--prefix"):
        plan([tree / "a.jpg", tree / "food" / "a.jpg"])


def test_the_same_file_named_twice_is_uploaded_once(tree):
    assert len(plan([tree / "a.jpg", tree / "a.jpg"])) == 1


def test_nothing_to_upload_says_so(tmp_path):
    with pytest.raises(CommandError, match="--all takes every file"):
        plan([tmp_path])
