-- How many images of each day are not safe for work, and how many are borderline?
-- Parameters: first day (date), last day (date).
-- Columns: day, scored, nsfw_images, share (0 to 1), to_review.
SELECT dt AS day,
       scored,
       nsfw_images,
       CAST(nsfw_images AS double) / nullif(scored, 0) AS share,
       to_review
FROM daily
WHERE dt BETWEEN ? AND ?
ORDER BY dt
