-- Which images are the least safe for work?
-- Parameters: first day (date), last day (date), least score (double).
-- Columns: day, bucket, object_key, score (0 to 1), is_nsfw; at most 1,000 rows.
SELECT dt AS day,
       bucket,
       object_key,
       nsfw.score AS score,
       is_nsfw
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND nsfw.score >= ?
ORDER BY nsfw.score DESC, bucket, object_key, uploaded_at
LIMIT 1000
