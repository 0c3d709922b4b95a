-- Which images are borderline and want a person's judgement, the most doubtful first?
-- Parameters: first day (date), last day (date).
-- Columns: day, bucket, object_key, score (0 to 1), label; at most 1,000 rows.
SELECT dt AS day,
       bucket,
       object_key,
       nsfw.score AS score,
       category.label AS label
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND needs_review
ORDER BY nsfw.score DESC, bucket, object_key, uploaded_at
LIMIT 1000
