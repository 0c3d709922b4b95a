"""Ctrl-C ends `pixlake status --watch`, wherever it strikes."""

import signal
from contextlib import suppress

from pixlake.cli.status import _ended_by_ctrl_c


def test_ctrl_c_ends_the_watch_without_an_error():
    before, reached = signal.getsignal(signal.SIGINT), False
    with _ended_by_ctrl_c() as ended:
        signal.raise_signal(signal.SIGINT)
        reached = True

    assert (ended.is_set(), reached) == (True, False)
    assert signal.getsignal(signal.SIGINT) is before


def test_given_a_library_that_swallows_the_interrupt_then_the_next_turn_is_the_last():
    with _ended_by_ctrl_c() as ended:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        turns = 0
        while not ended.wait(0.01):
            turns += 1

    assert turns == 0
