-- How many objects were removed on each day?
-- Parameters: first day (date), last day (date).
-- Columns: day, removals.
SELECT dt AS day,
       count(DISTINCT row_id) AS removals -- a removal that was told twice has one row_id
FROM image_scores -- a removal is no upload: the views leave it out
WHERE dt BETWEEN ? AND ?
      AND status = 'deleted'
GROUP BY dt
ORDER BY dt
