-- Which images carry the most text?
-- Parameters: first day (date), last day (date).
-- Columns: day, bucket, object_key, coverage (share of the picture, 0 to 1), regions; at most 1,000 rows.
SELECT dt AS day,
       bucket,
       object_key,
       text.coverage AS coverage,
       text.regions AS regions
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND has_text
ORDER BY text.coverage DESC, bucket, object_key, uploaded_at
LIMIT 1000
