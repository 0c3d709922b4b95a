-- How long did live uploads of each hour take until a query could see their rows, by the times of the lake's files?
-- Parameters: first day (date), last day (date).
-- Columns: hour (of the upload, UTC), rows_seen, fastest_seconds, mean_seconds, slowest_seconds.
SELECT date_trunc('hour', uploaded_at) AS hour,
       count(*) AS rows_seen,
       min(seconds) AS fastest_seconds,
       avg(seconds) AS mean_seconds,
       max(seconds) AS slowest_seconds
FROM (
    -- the first file that holds the row counts, so this reads the base table
    SELECT row_id,
           min(uploaded_at) AS uploaded_at,
           min(CAST(date_diff('second', uploaded_at, CAST("$file_modified_time" AS timestamp)) AS double)) AS seconds
    FROM image_scores
    WHERE dt BETWEEN ? AND ?
          AND status <> 'deleted'
          AND source = 'live'
    GROUP BY row_id
)
GROUP BY 1
ORDER BY 1
