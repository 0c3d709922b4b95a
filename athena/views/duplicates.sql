-- Contents that lie under several object keys now. first_bucket and first_object_key say where the content came first;
-- spare_bytes is what the other copies take. It reads all days, as images does.
-- Columns: content_sha256 (string), copies (bigint), object_bytes (bigint), spare_bytes (bigint), first_bucket (string),
-- first_object_key (string), first_uploaded_at (timestamp), last_uploaded_at (timestamp).
SELECT content_sha256,
       count(*) AS copies,
       max(object_bytes) AS object_bytes,
       sum(object_bytes) - max(object_bytes) AS spare_bytes,
       max(CASE WHEN place = 1 THEN bucket END) AS first_bucket,
       max(CASE WHEN place = 1 THEN object_key END) AS first_object_key,
       min(uploaded_at) AS first_uploaded_at,
       max(uploaded_at) AS last_uploaded_at
FROM (
    SELECT content_sha256, object_bytes, bucket, object_key, uploaded_at,
           row_number() OVER (PARTITION BY content_sha256 ORDER BY uploaded_at, bucket, object_key) AS place
    FROM images
    WHERE status = 'scored'
          AND content_sha256 IS NOT NULL
)
GROUP BY content_sha256
HAVING count(*) > 1
