"""`python -m tools.schemas [--check] [--root DIR]`: regenerate what follows from the table contract."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inference import Catalog
from tools.schemas import contract as contracts
from tools.schemas.catalog_template import NamedQuery, catalog_template
from tools.schemas.policy import Policy
from tools.schemas.views import View


def generated(root: Path) -> dict[Path, str]:
    """Every generated file of the checkout at `root`, with the text it should hold."""
    path = root / "schemas" / "image_scores.json"
    catalog = Catalog.load(root / "src" / "inference" / "models")
    contract = contracts.with_model_columns(contracts.read(path), catalog)
    contract = contracts.numbered(contract, contracts.read(root / "schemas" / "released" / "image_scores.json"))
    queries = [NamedQuery.read(file) for file in sorted((root / "athena" / "queries").glob("*.sql"))]
    policy = Policy.read(root / "schemas" / "policy.json")
    views = [View.read(file, contract, policy) for file in sorted((root / "athena" / "views").glob("*.sql"))]
    return {
        path: contracts.text(contract),
        root / "athena" / "catalog.yaml": catalog_template(contract, views, queries),
    }


def main() -> int:
    """Write what has changed, or with --check only name it."""
    parser = argparse.ArgumentParser(prog="python -m tools.schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the checkout (default: this one)")
    arguments = parser.parse_args()
    try:
        stale = {
            path: text
            for path, text in generated(arguments.root).items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        }
    except ValueError as error:
        print(f"schemas: {error}", file=sys.stderr)
        return 2
    for path, text in stale.items():
        print(f"{'out of date' if arguments.check else 'written'}: {path.relative_to(arguments.root)}")
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
    if stale and arguments.check:
        print("Run `make schemas` and commit what it writes.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
