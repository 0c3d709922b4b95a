-- How many uploads came in each hour, and what became of them?
-- Parameters: first day (date), last day (date).
-- Columns: hour (UTC), uploads, scored, rejected, upload_bytes.
SELECT date_trunc('hour', uploaded_at) AS hour,
       count(*) AS uploads,
       count(*) FILTER (WHERE status = 'scored') AS scored,
       count(*) FILTER (WHERE status = 'rejected') AS rejected,
       sum(object_bytes) AS upload_bytes
FROM uploads
WHERE dt BETWEEN ? AND ?
GROUP BY 1
ORDER BY 1
