-- How many images came in each day, what became of them, and how many show text or are rejected?
-- Parameters: first day (date), last day (date).
-- Columns: day, uploads, scored, rejected, with_text, mean_quality (0 to 1), highest_nsfw (0 to 1).
SELECT dt AS day,
       uploads,
       scored,
       rejected,
       with_text,
       mean_quality,
       highest_nsfw
FROM daily
WHERE dt BETWEEN ? AND ?
ORDER BY dt
