"""The long form, made short: what `make soak` prints must balance, and say so when it does not."""

import sys

import pytest

from tests.faults.world import World
from tests.soak import __main__ as command
from tests.soak import consumer


def test_a_short_soak_balances():
    report = consumer.soak(events=1_500, seed=1)

    assert report.wrong == []
    assert report.final == {"row": 1_500}
    assert sum(report.first.values()) == 1_500
    assert report.first["dead"] > 0
    assert report.scored_again["its worker was killed"] > 0


def test_an_imbalance_is_an_exit_status(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["soak", "--events", "300", "--images", "0"])
    delete = World.__dict__["invoke"]

    def loses(world, chosen=None, forgets=False):
        done = delete(world, chosen, forgets)
        if done.outcome is not None:
            for message_id in done.outcome.failures:
                world.queue.messages.pop(message_id, None)
        return done

    assert command.main() == 0
    monkeypatch.setattr(World, "invoke", loses)
    assert command.main() == 1
    assert "is lost" in capsys.readouterr().out


def test_memory_that_grows_is_told(monkeypatch):
    monkeypatch.setattr(consumer, "EPOCH", 50)
    sizes = iter([100, 120, 150, 200])
    monkeypatch.setattr(consumer, "_resident_mb", lambda: next(sizes))

    assert consumer.soak(events=200, seed=1).wrong == ["memory grew by 100 MB"]


@pytest.mark.parametrize("option", ["--help"])
def test_its_help_says_what_it_does(monkeypatch, capsys, option):
    monkeypatch.setattr(sys, "argv", ["soak", option])

    with pytest.raises(SystemExit, match="0"):
        command.main()
    assert "exits with 1 if one is unaccounted for" in capsys.readouterr().out
