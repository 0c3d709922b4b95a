-- How long did live uploads of each hour wait until they were scored?
-- Parameters: first day (date), last day (date).
-- Columns: hour (of the upload, UTC), images, p50_seconds, p90_seconds, p99_seconds, slowest_seconds.
SELECT hour,
       max(images) AS images,
       min(seconds) FILTER (WHERE place >= DOUBLE '0.5' * images) AS p50_seconds,
       min(seconds) FILTER (WHERE place >= DOUBLE '0.9' * images) AS p90_seconds,
       min(seconds) FILTER (WHERE place >= DOUBLE '0.99' * images) AS p99_seconds,
       max(seconds) AS slowest_seconds
FROM (
    -- nearest rank, exactly: the two engines approximate percentiles differently
    SELECT hour,
           seconds,
           count(*) OVER (PARTITION BY hour) AS images,
           row_number() OVER (PARTITION BY hour ORDER BY seconds) AS place
    FROM (
        SELECT date_trunc('hour', uploaded_at) AS hour,
               CAST(date_diff('millisecond', uploaded_at, scored_at) AS double) / 1000 AS seconds
        FROM uploads
        WHERE dt BETWEEN ? AND ?
              AND status = 'scored'
              AND source = 'live'
    )
)
GROUP BY hour
ORDER BY hour
