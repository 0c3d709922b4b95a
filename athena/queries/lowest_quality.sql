-- Which uploads have the lowest quality, and why: dark, flat, blurred or other?
-- Parameters: first day (date), last day (date).
-- Columns: day, bucket, object_key, score (0 to 1), flaw, sharpness, brightness, contrast; at most 1,000 rows.
SELECT dt AS day,
       bucket,
       object_key,
       quality.score AS score,
       quality_flaw AS flaw,
       quality.sharpness AS sharpness,
       quality.brightness AS brightness,
       quality.contrast AS contrast
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND is_low_quality
ORDER BY quality.score, bucket, object_key, uploaded_at
LIMIT 1000
