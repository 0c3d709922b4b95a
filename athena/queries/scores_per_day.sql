-- How many images came in each day, what became of them, and how many show text or are rejected?
-- Parameters: first day, last day (yyyy-MM-dd, inclusive).
-- Columns: day, uploads, scored, rejected, with_text, mean_quality (0 to 1), highest_nsfw (0 to 1).
SELECT dt AS day,
       count(*) AS uploads,
       count_if(status = 'scored') AS scored,
       count_if(status = 'rejected') AS rejected,
       count_if(text.coverage > 0.03) AS with_text,
       avg(quality.score) AS mean_quality,
       max(nsfw.score) AS highest_nsfw
FROM image_scores
WHERE dt BETWEEN ? AND ?
GROUP BY dt
ORDER BY dt
