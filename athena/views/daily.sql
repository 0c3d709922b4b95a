-- A day of uploads in one row. Shares are over scored; a condition on dt reads only those days.
-- Columns: dt (string), uploads (bigint), scored (bigint), rejected (bigint), missing (bigint), superseded (bigint),
-- upload_bytes (bigint), with_text (bigint), nsfw_images (bigint), to_review (bigint), low_quality (bigint),
-- mean_quality (double), highest_nsfw (double).
SELECT dt,
       count(*) AS uploads,
       count(*) FILTER (WHERE status = 'scored') AS scored,
       count(*) FILTER (WHERE status = 'rejected') AS rejected,
       count(*) FILTER (WHERE status = 'missing') AS missing,
       count(*) FILTER (WHERE status = 'superseded') AS superseded,
       sum(object_bytes) AS upload_bytes,
       count(*) FILTER (WHERE has_text) AS with_text,
       count(*) FILTER (WHERE is_nsfw) AS nsfw_images,
       count(*) FILTER (WHERE needs_review) AS to_review,
       count(*) FILTER (WHERE is_low_quality) AS low_quality,
       avg(quality.score) AS mean_quality,
       max(nsfw.score) AS highest_nsfw
FROM uploads
GROUP BY dt
