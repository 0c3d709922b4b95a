"""`python -m tests.hostile`: decode the whole corpus, or some of it, within bounds. Exit status 1 if any is broken."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from itertools import chain
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is imported: a process with threads must not be forked

from inference import Catalog
from tests.hostile.accounting import account
from tests.hostile.bombs import bombs
from tests.hostile.findings import findings
from tests.hostile.spoiled import spoiled

MAX_PIXELS, MAX_BYTES = 50_000_000, 50 << 20
"""The defaults of template.yaml: its function has 1,769 MB and 120 s."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="of the spoiled files, take one in so many")
    parser.add_argument("--bombs", choices=("all", "small", "none"), default="all", help="small: those built at once")
    parser.add_argument("--name", default="", help="only files whose name holds this")
    parser.add_argument("--megabytes", type=int, default=1000, help="most memory that a file may take")
    parser.add_argument("--seconds", type=float, default=20, help="most CPU time that a file may take")
    parser.add_argument("--json", action="store_true", help="an object a file instead of the summary")
    given = parser.parse_args()

    corpus = chain(
        (file for number, file in enumerate(spoiled()) if number % given.every == 0),
        findings(),
        () if given.bombs == "none" else bombs(given.name, large=given.bombs == "all"),
    )
    models = list(Catalog.load().scoring)
    accounts, broken = [], 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        for name, data in corpus:
            if given.name not in name:
                continue
            if len(data) > MAX_BYTES:
                raise SystemExit(f"{name} has {len(data)} bytes: S3 would not even be asked for it; make it smaller")
            one = account(name, data, models, MAX_PIXELS, Path(folder))
            accounts.append(one)
            faults = one.faults(given.seconds, given.megabytes)
            broken += bool(faults)
            if given.json:
                print(json.dumps(asdict(one) | {"faults": faults}))
            elif faults:
                print(f"{name}: {'; '.join(faults)} {one.message[:200]}", file=sys.stderr)
    if not given.json:
        print(f"{len(accounts)} files, {broken} out of bounds")
        for word, key in (("seconds", lambda a: a.seconds), ("megabytes", lambda a: a.megabytes)):
            print(f"most {word}:")
            for one in sorted(accounts, key=key, reverse=True)[:8]:
                print(f"  {key(one):8.1f}  {one.name} ({one.file_bytes:,} bytes): {one.outcome}")
    return 1 if broken or not accounts else 0


if __name__ == "__main__":
    sys.exit(main())
