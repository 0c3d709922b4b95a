"""A peer's process: told what to score, measured with all that it starts, suspended between runs, gone afterwards."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.peers import peer as module
from benchmarks.peers import processes
from benchmarks.peers.agreement import PeerDisagrees
from benchmarks.peers.peer import Peer, PeerFailed
from benchmarks.peers.processes import Meter, memory_mb, tree
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peers are measured by /proc")
PATHS = [Path("one.jpg"), Path("two.jpg")]


@pytest.fixture
def make(monkeypatch, tmp_path):
    """A peer whose program behaves as told."""
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(module, "CACHE", tmp_path / "peers")
    monkeypatch.setitem(module.PROGRAMS, "fake", "tests.unit.benchmarks.fake_program")

    def made(how="works"):
        monkeypatch.setenv("FAKE_PEER", how)
        return Peer("fake", "int8", ["nsfw", "quality"], cores=1)

    return made


def state(process):
    """R, S, T (stopped), Z …; nothing when it is gone."""
    path = Path("/proc") / process / "stat"
    return path.read_text().rpartition(")")[2].split()[0] if path.exists() else ""


def wait_until(process, *states, limit_s=10.0):
    """A signal is sent at once and obeyed when the process is next on a core."""
    until = time.monotonic() + limit_s
    while state(process) not in states:
        assert time.monotonic() < until, f"process {process} is {state(process)!r}, not {states}"


def test_a_peer_scores_what_it_is_told_and_says_who_it_is(make):
    with make() as peer:
        first, second = peer.run(PATHS), peer.run(PATHS[:1])

        assert peer.versions["fake"] == "1.0"
    assert first.scores == {name: {"nsfw": 0.0, "quality": 0.5} for name in ("one.jpg", "two.jpg")}
    assert set(second.scores) == {"one.jpg"}
    assert 0 < first.wall_s < 10
    assert first.peak_mb > 5


def test_what_a_framework_loads_for_every_run_is_not_in_the_time(make):
    with make("loads for every run") as peer:
        assert 60 < peer.run(PATHS).wall_s < 70  # the program says that it was ready a minute before it was asked


def test_between_runs_the_peer_and_its_children_are_suspended(make):
    with make() as peer:
        for _ in range(2):
            wait_until(peer.versions["pid"], "T")
            wait_until(peer.versions["child"], "T")
            peer.run(PATHS)


@pytest.mark.parametrize("how", ["works", "leaves its child"])
def test_nothing_of_a_peer_is_left(make, how):
    peer = make(how)
    peer.start()
    both, directory = (peer.versions["pid"], peer.versions["child"]), Path(peer._temporary)
    assert directory.is_dir()

    peer.stop()

    for process in both:
        wait_until(process, "", "Z")  # a zombie where nobody waits for orphans
    assert not directory.exists()


def test_a_peer_that_does_not_start_says_why(make):
    with pytest.raises(PeerFailed, match="no room for the object store"):
        make("has no room").start()


def test_a_peer_that_dies_is_no_measurement(make):
    with make("dies") as peer, pytest.raises(PeerFailed, match="ended"):
        peer.run(PATHS)


def test_a_peer_that_leaves_a_picture_out_is_no_measurement(make):
    with make("leaves one out") as peer, pytest.raises(PeerFailed, match="1 of 2 pictures"):
        peer.run(PATHS)


def test_a_peer_whose_figures_are_made_up_is_no_measurement(make):
    with make() as peer, pytest.raises(PeerDisagrees, match="quality"):
        peer.check()


def test_a_peer_that_is_not_installed_is_named(make, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PYTHON", tmp_path / "python")

    with pytest.raises(PeerFailed, match="make bench"):
        make().start()


def test_the_work_of_processes_that_have_ended_is_counted(monkeypatch):
    monkeypatch.setattr(processes, "EVERY_S", 0.01)
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); input()"
    started = subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE)
    with Meter(started.pid) as meter:
        until = time.monotonic() + 20
        # its only child has come and gone
        while not (meter.cpu_s(60) > 0.15 and len(tree(started.pid)) == 1):
            assert time.monotonic() < until
    started.communicate(b"\n")

    assert 0.15 < meter.cpu_s(60) < 2


def test_memory_is_that_of_all_together():
    hold = "import sys; data = bytearray(40_000_000); print(flush=True); sys.stdin.read()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        started.stdout.readline()
        together, alone = memory_mb(tree(started.pid)), memory_mb(list(tree(started.pid))[:1])
        started.stdin.close()

    assert alone < 40 < together


@pytest.mark.parametrize(("bench", "wanted"), [("", True), ("--quick", True), ("--quick --no-peers", False)])
def test_make_bench_sets_the_peers_up_unless_told_otherwise(bench, wanted):
    command = ["make", "--always-make", "--dry-run", "bench", f"BENCH={bench}"]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert ("requirements/peers.txt" in planned) is wanted
