-- What share of the uploads repeats a content of the same days, and how many bytes do the repetitions take?
-- Parameters: first day (date), last day (date).
-- Columns: scored, contents, repetitions, share (0 to 1), repeated_bytes.
SELECT coalesce(sum(uploads), 0) AS scored,
       count(*) AS contents,
       coalesce(sum(uploads - 1), 0) AS repetitions,
       CAST(sum(uploads - 1) AS double) / sum(uploads) AS share,
       coalesce(sum((uploads - 1) * object_bytes), 0) AS repeated_bytes
FROM (
    SELECT content_sha256,
           count(*) AS uploads,
           max(object_bytes) AS object_bytes
    FROM uploads
    WHERE dt BETWEEN ? AND ?
          AND status = 'scored'
    GROUP BY content_sha256
)
