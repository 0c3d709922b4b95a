"""The table of rows and its views: whether they are in Glue, and whether Athena reads them."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, fail, ok

ROOT = Path(__file__).parents[2]
_AGAIN = "deploy the stack again: the nested stack Catalog makes the table and its views"
TODAY_SQL = "SELECT count(*) AS uploads FROM uploads WHERE dt = '{day}'"


def table(deployment: Deployment) -> Finding:
    """Whether the table has the contract's columns and finds its partitions by projection, and the views are there."""
    pages = deployment.client("glue").get_paginator("get_tables").paginate(DatabaseName=deployment.database)
    found = {each["Name"]: each for page in pages for each in page["TableList"]}
    wanted = [deployment.table, *sorted(path.stem for path in (ROOT / "athena" / "views").glob("*.sql"))]
    if missing := [name for name in wanted if name not in found]:
        return fail(f"the database {deployment.database} has no {', '.join(missing)}", _AGAIN)
    rows = found[deployment.table]
    parameters = rows.get("Parameters", {})
    if parameters.get("projection.enabled") != "true" or parameters.get("projection.dt.type") != "date":
        return fail(f"the table {deployment.table} has no partition projection on dt: queries find no rows", _AGAIN)
    location = parameters.get("storage.location.template", "")
    if not location.startswith(f"s3://{deployment.lake_bucket}/"):
        return fail(f"the partitions of {deployment.table} are looked for at {location or 'no place'}", _AGAIN)
    contract = json.loads((ROOT / "schemas" / "image_scores.json").read_text(encoding="utf-8"))
    columns = {each["Name"]: each["Type"] for each in rows["StorageDescriptor"]["Columns"]}
    wrong = [each["name"] for each in contract["columns"] if columns.get(each["name"]) != each["type"]]
    if wrong:
        return fail(
            f"the table {deployment.table} differs from this version's columns: {', '.join(wrong)}",
            "deploy this version, or use the version of the command that was deployed",
        )
    days = parameters.get("projection.dt.range", "")
    return ok(f"{deployment.table} and {len(wanted) - 1} views, days {days}", projection=days)


def query(deployment: Deployment) -> Finding:
    """Whether a query on today's partition succeeds in the work group."""
    start = time.monotonic()
    (answer,) = deployment.ask(TODAY_SQL.format(day=datetime.now(UTC).date()))
    seconds = time.monotonic() - start
    uploads = int(answer["uploads"])
    return ok(
        f"{deployment.workgroup} answers in {seconds:.1f} s: {uploads:,} uploads today (UTC)",
        uploads_today=uploads,
    )
