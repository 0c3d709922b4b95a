-- Has the distribution of a score drifted between two weeks?
-- Parameters: first day (date), last day (date), first day compared (date), last day compared (date).
-- Columns: model, images, images_compared, stability_index (below 0.1 stable, above 0.25 drifted).
WITH weeks AS (
    SELECT 1 AS before, 0 AS after, category.score AS category, quality.score AS quality, text.coverage AS coverage,
           nsfw.score AS nsfw
    FROM uploads
    WHERE dt BETWEEN ? AND ?
    UNION ALL
    SELECT 0 AS before, 1 AS after, category.score AS category, quality.score AS quality, text.coverage AS coverage,
           nsfw.score AS nsfw
    FROM uploads
    WHERE dt BETWEEN ? AND ?
),
counted AS (
    SELECT scores.model AS model,
           least(CAST(floor(scores.score * 10) AS bigint), 9) AS bin,
           weeks.before AS before,
           weeks.after AS after
    FROM weeks
    CROSS JOIN UNNEST(
        ARRAY['category', 'quality', 'text', 'nsfw'],
        ARRAY[weeks.category, weeks.quality, weeks.coverage, weeks.nsfw]
    ) AS scores (model, score)
    WHERE scores.score IS NOT NULL
    UNION ALL
    SELECT models.model AS model,
           bins.bin AS bin,
           0 AS before,
           0 AS after
    FROM UNNEST(ARRAY['category', 'quality', 'text', 'nsfw']) AS models (model)
    CROSS JOIN UNNEST(sequence(0, 9)) AS bins (bin)
),
binned AS (
    SELECT model, bin, sum(before) AS before, sum(after) AS after
    FROM counted
    GROUP BY model, bin
),
shares AS (
    -- half an image more in each of the ten bins, so that an empty one has a logarithm
    SELECT model,
           before,
           after,
           (CAST(before AS double) + DOUBLE '0.5') / (sum(before) OVER (PARTITION BY model) + 5) AS share_before,
           (CAST(after AS double) + DOUBLE '0.5') / (sum(after) OVER (PARTITION BY model) + 5) AS share_after
    FROM binned
)
SELECT model,
       sum(before) AS images,
       sum(after) AS images_compared,
       CASE
           WHEN sum(before) > 0 AND sum(after) > 0
               THEN sum((share_after - share_before) * ln(share_after / share_before))
       END AS stability_index
FROM shares
GROUP BY model
ORDER BY model
