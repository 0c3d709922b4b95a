"""Decoders that keep quiet: what is wrong with a file is in the error, and so in its row.

Pillow's logger and libtiff would also print a line for each thing they do not like, and a file can hold 60,000 of them.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
from functools import cache

from PIL import _imaging


@cache
def keep_quiet() -> None:
    """Silence both, once a process."""
    logger = logging.getLogger("PIL")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    # Pillow has no switch for libtiff's messages. A symbol is looked up in the libraries that _imaging links to, too;
    # a Pillow built without libtiff, or with its symbols hidden, has none.
    with contextlib.suppress(OSError, AttributeError):
        libraries = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetErrorHandlerExt", "TIFFSetWarningHandler"):
            getattr(libraries, name)(None)
