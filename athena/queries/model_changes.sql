-- What did each new version of a model change on the same images?
-- Parameters: first day (date), last day (date).
-- Columns: model, from_version, to_version, images, other_label (null for a model without labels), mean_change,
--          greatest_change (of the score, either way).
WITH readings AS (
    -- the rows of an image by each version are in the base table only; the views keep the newest
    SELECT row_id, model, version, label, score, scored_at
    FROM (
        SELECT read_row.row_id,
               scores.model,
               element_at(read_row.models, scores.model) AS version,
               scores.label,
               scores.score,
               read_row.scored_at,
               row_number() OVER (
                   PARTITION BY read_row.row_id, scores.model, element_at(read_row.models, scores.model)
                   ORDER BY read_row.scored_at DESC
               ) AS place
        FROM image_scores AS read_row
        CROSS JOIN UNNEST(
            ARRAY['category', 'quality', 'text', 'nsfw'],
            ARRAY[read_row.category.label, NULL, NULL, NULL],
            ARRAY[read_row.category.score, read_row.quality.score, read_row.text.coverage, read_row.nsfw.score]
        ) AS scores (model, label, score)
        WHERE read_row.dt BETWEEN ? AND ?
              AND read_row.status = 'scored'
    )
    WHERE place = 1
          AND version IS NOT NULL
),
changes AS (
    SELECT model,
           lag(version) OVER earlier AS from_version,
           version AS to_version,
           lag(label) OVER earlier AS from_label,
           label AS to_label,
           abs(score - lag(score) OVER earlier) AS change
    FROM readings
    WINDOW earlier AS (PARTITION BY row_id, model ORDER BY scored_at, version)
)
SELECT model,
       from_version,
       to_version,
       count(*) AS images,
       CASE WHEN count(to_label) > 0 THEN count(*) FILTER (WHERE from_label <> to_label) END AS other_label,
       avg(change) AS mean_change,
       max(change) AS greatest_change
FROM changes
WHERE from_version IS NOT NULL
GROUP BY model, from_version, to_version
ORDER BY model, from_version, to_version
