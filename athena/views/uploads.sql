-- Each upload once: the newest of its rows, judged by the policy. A missing or superseded row gives way to one that was
-- read, of the same object key, ETag and sequencer. Removals are no uploads and are left out. Rows are compared within
-- their day, so a condition on dt reads only those days.
-- Columns: every column of image_scores, has_text (boolean), is_nsfw (boolean), needs_review (boolean),
-- is_low_quality (boolean), quality_flaw (string).
SELECT {{ columns }},
       {{ judgements }}
FROM (
    SELECT *,
           row_number() OVER (
               PARTITION BY dt, row_id
               -- the last three only make the choice among rows of one moment the same on every reading
               ORDER BY CASE WHEN status IN ('missing', 'superseded') THEN 1 ELSE 0 END,
                        scored_at DESC, event_time DESC, status DESC, source
           ) AS place,
           bool_or(status IN ('scored', 'rejected')) OVER (
               PARTITION BY dt, bucket, object_key, etag, sequencer
           ) AS was_read
    FROM image_scores
    WHERE status <> 'deleted'
)
WHERE place = 1
      AND NOT (was_read AND status IN ('missing', 'superseded'))
