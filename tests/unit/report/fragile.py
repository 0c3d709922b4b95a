"""A decoder that some bytes bring down or keep for ever; apart, so that its child processes import little."""

import os
import signal

from pixlake.report.shrink import Small


def work(data):
    if data == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if data == b"hang":  # what the alarm does when its time has come
        signal.raise_signal(signal.SIGALRM)
    return Small(data, 1, 1)
