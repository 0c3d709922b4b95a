-- What did another version of a model change on the same images?
-- Parameters: first day (date), last day (date), model (varchar), older version (varchar), newer version (varchar).
-- Columns: images, other_label, share (0 to 1), mean_change, greatest_change (of the score).
WITH readings AS (
    -- both versions' rows of an image are in the base table only; the views keep the newest
    SELECT row_id, model, version, label, score
    FROM (
        SELECT read_row.row_id,
               scores.model,
               element_at(read_row.models, scores.model) AS version,
               scores.label,
               scores.score,
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
)
SELECT count(*) AS images,
       count(*) FILTER (WHERE older.label <> newer.label) AS other_label,
       CAST(count(*) FILTER (WHERE older.label <> newer.label) AS double) / nullif(count(*), 0) AS share,
       avg(newer.score - older.score) AS mean_change,
       max(abs(newer.score - older.score)) AS greatest_change
FROM readings AS older
JOIN readings AS newer ON newer.row_id = older.row_id AND newer.model = older.model
WHERE older.model = ?
      AND older.version = ?
      AND newer.version = ?
