"""Write `labels.csv`. With `--extract`, first read the classes again from timm's wheel (needs a package index)."""

import argparse
from collections import Counter

from tools.labels.derive import LABELS_CSV, derive, to_csv
from tools.labels.source import extract


def main() -> None:
    """Derive the labels and say how many classes each family has."""
    parser = argparse.ArgumentParser(prog="python -m tools.labels", description=__doc__)
    parser.add_argument("--extract", action="store_true", help="read the classes again from timm's wheel")
    if parser.parse_args().extract:
        extract()
    rows = derive()
    LABELS_CSV.write_text(to_csv(rows), encoding="utf-8", newline="\n")
    for family, classes in Counter(row.family for row in rows).most_common():
        print(f"{classes:4} {family}")


if __name__ == "__main__":
    main()
