-- Of which images is the category least sure, so that a second model or a person should look?
-- Parameters: first day (date), last day (date), score below (double).
-- Columns: day, bucket, object_key, label, score (0 to 1), runner_up, runner_up_score; at most 1,000 rows.
SELECT dt AS day,
       bucket,
       object_key,
       category.label AS label,
       category.score AS score,
       element_at(category.top, 2).label AS runner_up,
       element_at(category.top, 2).score AS runner_up_score
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND category.score < ?
ORDER BY category.score, bucket, object_key, uploaded_at
LIMIT 1000
