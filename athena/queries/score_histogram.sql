-- How are a model's scores distributed?
-- Parameters: first day (date), last day (date), model (varchar).
-- Columns: from_score, to_score (of 20 equal bins, 0 to 1; empty ones are left out), images.
SELECT CAST(bin AS double) / 20 AS from_score,
       CAST(bin + 1 AS double) / 20 AS to_score,
       count(*) AS images
FROM (
    SELECT least(CAST(floor(scores.score * 20) AS bigint), 19) AS bin
    FROM uploads AS upload
    CROSS JOIN UNNEST(
        ARRAY['category', 'quality', 'text', 'nsfw'],
        ARRAY[upload.category.score, upload.quality.score, upload.text.coverage, upload.nsfw.score]
    ) AS scores (model, score)
    WHERE upload.dt BETWEEN ? AND ?
          AND scores.model = ?
          AND scores.score IS NOT NULL
)
GROUP BY bin
ORDER BY bin
