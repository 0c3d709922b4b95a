-- Which images make a labelled sample for training: so many of each family, at random, the same for the same seed?
-- Parameters: first day (date), last day (date), seed (bigint, 0 to 999), images of a family (bigint).
-- Columns: family, label, score (0 to 1), bucket, object_key, version_id, content_sha256.
WITH candidates AS (
    SELECT category.family AS family,
           category.label AS label,
           category.score AS score,
           bucket,
           object_key,
           version_id,
           content_sha256,
           row_number() OVER (PARTITION BY content_sha256 ORDER BY uploaded_at, bucket, object_key, row_id) AS copy
    FROM uploads
    WHERE dt BETWEEN ? AND ?
          AND category.family IS NOT NULL
),
seeds AS (
    -- a parameter may stand in WHERE only: this turns it into a value
    SELECT number AS seed
    FROM UNNEST(sequence(0, 999)) AS numbers (number)
    WHERE number = ?
),
shuffled AS (
    SELECT candidates.*,
           row_number() OVER (
               PARTITION BY family
               ORDER BY to_hex(md5(to_utf8(concat(CAST(seed AS varchar), '-', content_sha256)))), content_sha256
           ) AS place
    FROM candidates
    CROSS JOIN seeds
    WHERE copy = 1
)
SELECT family, label, score, bucket, object_key, version_id, content_sha256
FROM shuffled
WHERE place <= ?
ORDER BY family, place
