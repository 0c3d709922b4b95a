"""The report: one HTML file from the named queries' answers, with charts, thumbnails and no request to anywhere.

`period` what it is about → `answers` the queries, asked at once → `totals`, `figures` (with `charts`, `svg`) and
`sheets` (with `thumbnails`, `shrink`) → `page`, which `file` writes.
"""
