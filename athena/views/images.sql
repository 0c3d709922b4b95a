-- Each object that exists, by its newest outcome: the latest uploaded_at to the second, then the latest sequencer. A
-- removed object is left out; removing one version leaves the others. It reads all days: whether an object is the newest
-- cannot be told from some of them. For a range of days ask the view uploads.
-- Columns: every column of image_scores, has_text (boolean), is_nsfw (boolean), needs_review (boolean),
-- is_low_quality (boolean), quality_flaw (string).
SELECT {{ columns }},
       {{ judgements }}
FROM (
    SELECT *,
           row_number() OVER (
               PARTITION BY bucket, object_key
               ORDER BY date_trunc('second', uploaded_at) DESC, arrival DESC,
                        scored_at DESC, event_time DESC, row_id, status DESC, source
           ) AS place
    FROM (
        SELECT *,
               -- sequencers compare left-aligned, padded with zeros on the right; a row of a listing has none, its twin may
               max(rpad(upper(coalesce(sequencer, '')), 64, '0')) OVER (PARTITION BY bucket, object_key, row_id) AS arrival,
               bool_or(status IN ('scored', 'rejected')) OVER (
                   PARTITION BY bucket, object_key, etag, sequencer
               ) AS was_read,
               bool_or(status = 'deleted') OVER (PARTITION BY bucket, object_key, version_id) AS version_removed,
               min(row_id) OVER (PARTITION BY bucket, object_key, version_id) AS first_row_id,
               max(row_id) OVER (PARTITION BY bucket, object_key, version_id) AS last_row_id
        FROM image_scores
    )
    WHERE NOT (was_read AND status IN ('missing', 'superseded'))
          -- A removal that shares its version with an upload takes that version away; one that shares it with another
          -- removal takes a delete marker away. One with a version of its own is a marker, and hides what is older.
          AND NOT (version_id IS NOT NULL AND version_removed AND first_row_id <> last_row_id)
)
WHERE place = 1
      AND status <> 'deleted'
