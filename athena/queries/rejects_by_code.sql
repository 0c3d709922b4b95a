-- Why were uploads rejected, and how often?
-- Parameters: first day (date), last day (date).
-- Columns: code, rejects, upload_bytes, example (an object key).
SELECT error.code AS code,
       count(*) AS rejects,
       sum(object_bytes) AS upload_bytes,
       min(object_key) AS example
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND status = 'rejected'
GROUP BY error.code
ORDER BY rejects DESC, code
