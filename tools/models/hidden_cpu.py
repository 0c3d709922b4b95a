"""Run onnxruntime as on a CPU with fewer instructions than this one, at native speed.

onnxruntime picks its kernels by CPUID when it is loaded. `hidden_copy` makes a copy of the installed package (links but
for one library) in which the CPUID instructions that ask for leaf 7, where AVX2, AVX-512 and VNNI are told, are UD2
instead; `hidden_cpu.c`, loaded first, answers the trap with those bits removed. Unlike CPUID faulting this asks nothing
of the kernel or the hypervisor. Linux on x86-64 only.

In a process that must be hidden, call `hide_cpu` before anything imports onnxruntime.
"""

import ctypes
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.models.errors import CannotHideCpuError, ModelBuildError

VARIABLE, FOLDER_VARIABLE = "PIXLAKE_HIDE_CPU", "PIXLAKE_HIDDEN_COPY"
NATIVE, NO_VNNI, AVX2 = "native", "no-vnni", "avx2"
HIDDEN_MODES = (NO_VNNI, AVX2)
SOURCE = Path(__file__).with_suffix(".c")
# mov $7, %eax, then at most ten bytes that set or save a register, then cpuid: what compilers write for leaf 7.
ASKS_LEAF_7 = re.compile(rb"(\xb8\x07\x00\x00\x00.{0,10}?)\x0f\xa2", re.DOTALL)
UD2 = b"\x0f\x0b"


def hidden_copy(folder: Path) -> Mapping[str, str]:
    """Make the copy and its library in `folder`; return the environment (but for the mode) that uses them."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise CannotHideCpuError(f"{platform.system()} on {platform.machine()}: CPUID is hidden on Linux x86-64 only")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CannotHideCpuError(f"no C compiler (cc, gcc, clang) to build {SOURCE.name} with")
    package = importlib.util.find_spec("onnxruntime")
    if package is None or package.origin is None:
        raise CannotHideCpuError("onnxruntime is not installed")
    shutil.rmtree(folder, ignore_errors=True)
    copy = folder / "onnxruntime"
    unused = shutil.ignore_patterns("libonnxruntime.so*", "quantization", "tools", "transformers", "__pycache__")
    shutil.copytree(Path(package.origin).parent, copy, copy_function=os.symlink, ignore=unused)
    library = next((copy / "capi").glob("onnxruntime_pybind11_state*.so"))
    patched, count = ASKS_LEAF_7.subn(lambda found: found[1] + UD2, library.read_bytes())
    if count == 0:
        raise ModelBuildError(f"{library.name} asks CPUID in a way unknown here: extend ASKS_LEAF_7 in {__file__}")
    library.unlink()
    library.write_bytes(patched)
    command = [
        compiler,
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        str(SOURCE),
        "-o",
        str(_handler(folder)),
    ]
    subprocess.run(command, check=True)
    return {FOLDER_VARIABLE: str(folder)}


def hide_cpu() -> str:
    """In a process started for it, make `import onnxruntime` find the copy; return the mode it runs in."""
    mode, folder = os.environ.get(VARIABLE, NATIVE), os.environ.get(FOLDER_VARIABLE)
    if mode == NATIVE:
        return mode
    if folder is None or mode not in HIDDEN_MODES or "onnxruntime" in sys.modules:
        raise ModelBuildError(
            f"{VARIABLE}={mode} cannot be played: it takes one of {HIDDEN_MODES}, {FOLDER_VARIABLE} as hidden_copy() "
            "returned it, and a process that has not imported onnxruntime yet"
        )
    ctypes.CDLL(str(_handler(Path(folder))))
    sys.path.insert(0, folder)
    return mode


def _handler(folder: Path) -> Path:
    return folder / "hidden_cpu.so"
