"""`python -m pixlake.localcloud`: the local cloud without the rest of the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pixlake.localcloud import serve


def main() -> int:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m pixlake.localcloud", description="Run template.yaml on this machine."
    )
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the state here between runs")
    parser.add_argument("--template", type=Path, default=Path("template.yaml"))
    parser.add_argument("--workers", type=int, help="most batches at once (default: the number of processors)")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="a template parameter")
    given = parser.parse_args()
    parameters = dict(text.split("=", 1) for text in given.parameter)
    return serve(given.port, given.data, given.template, parameters, given.workers)


if __name__ == "__main__":
    sys.exit(main())
