-- How many images contain text, per day and bucket prefix?
-- Parameters: first day (date), last day (date).
-- Columns: day, bucket, prefix (the key's first folder, empty without one), scored, with_text, share (0 to 1).
SELECT dt AS day,
       bucket,
       CASE WHEN strpos(object_key, '/') > 0 THEN split_part(object_key, '/', 1) ELSE '' END AS prefix,
       count(*) AS scored,
       count(*) FILTER (WHERE has_text) AS with_text,
       CAST(count(*) FILTER (WHERE has_text) AS double) / count(*) AS share
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND status = 'scored'
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
