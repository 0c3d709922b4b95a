"""Makes the BMP decoder of any interpreter that finds this file on its path frail: it breaks on certain sizes.

Python imports a module of this name at its start. Tests put this folder on the path of the process that shall break.
"""

import ctypes
import os
import signal
import sys

from PIL.BmpImagePlugin import BmpImageFile

_load = BmpImageFile.load


def load(self):
    match self.size:
        case (13, 13):
            ctypes.string_at(0)  # reads address 0, as a decoder with a bug may
        case (14, 14):
            hoard = []
            while True:
                hoard.append(bytearray(1 << 20))
        case (15, 15):
            while True:
                pass
        case (16, 16):
            os.kill(os.getpid(), signal.SIGKILL)
        case (17, 17):
            os._exit(0)
        case (18, 18):
            os.write(1, b"a library talks to stdout")
            os.write(2, b"and to stderr")
        case (19, 19):
            raise KeyboardInterrupt
        case (20, 20):
            with open("left-behind", "wb") as file:  # noqa: PTH123 - what a library would do
                file.write(b"a file")
        case (21, 21):
            raise OSError("out of memory error when reading image file")
        case (22, 22):
            names = [name for name in os.environ if name.startswith("AWS_")]
            raise OSError(f"sees {names}, {len(sys.modules.keys() & {'onnxruntime', 'boto3'})} heavy modules")
    return _load(self)


BmpImageFile.load = load
