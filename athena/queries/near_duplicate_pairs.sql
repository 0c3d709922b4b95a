-- Which images look alike, though their contents differ?
-- Parameters: first day (date), last day (date), first day of the later image (date), last day of it (date).
-- Columns: day, bucket, object_key, other_day, other_bucket, other_object_key, distance (bits); at most 1,000 rows.
SELECT dt AS day,
       bucket,
       object_key,
       other_dt AS other_day,
       other_bucket,
       other_object_key,
       distance
FROM near_duplicates
WHERE dt BETWEEN ? AND ?
      AND other_dt BETWEEN ? AND ?
ORDER BY distance, dt, bucket, object_key, other_dt, other_bucket, other_object_key, row_id, other_row_id
LIMIT 1000
