-- Pairs of images that look alike: their hashes differ in few bits, their contents differ too (equal ones are in
-- duplicates). dt is the day of the earlier image and other_dt that of the later one: a condition on both reads only those
-- days. A day's copies of one content count once. Flat images have no hash; hashes that are almost all zeros or ones, and
-- bands that a crowd shares, join nothing, so that the work grows with the images and not with their square.
-- Columns: dt (string), bucket (string), object_key (string), row_id (string), other_dt (string), other_bucket (string),
-- other_object_key (string), other_row_id (string), distance (bigint).
WITH hashed AS (
    SELECT dt, bucket, object_key, row_id, content_sha256, image.dhash AS dhash,
           row_number() OVER (PARTITION BY dt, content_sha256 ORDER BY uploaded_at, row_id) AS copy
    FROM uploads
    WHERE status = 'scored'
          AND bit_count(image.dhash, 64) BETWEEN 4 AND 60
),
banded AS (
    SELECT hashed.dt, hashed.bucket, hashed.object_key, hashed.row_id, hashed.content_sha256, hashed.dhash,
           bands.mask, bitwise_and(hashed.dhash, bands.mask) AS band
    FROM hashed
    CROSS JOIN UNNEST(
        ARRAY[BIGINT '65535', BIGINT '4294901760', BIGINT '281470681743360', BIGINT '-281474976710656']
    ) AS bands (mask)
    WHERE hashed.copy = 1
),
joined AS (
    SELECT dt, bucket, object_key, row_id, content_sha256, dhash, mask, band,
           count(*) OVER (PARTITION BY dt, mask, band) AS crowd
    FROM banded
)
-- a pair that shares several bands is told once
SELECT DISTINCT
       one.dt,
       one.bucket,
       one.object_key,
       one.row_id,
       other.dt AS other_dt,
       other.bucket AS other_bucket,
       other.object_key AS other_object_key,
       other.row_id AS other_row_id,
       bit_count(bitwise_xor(one.dhash, other.dhash), 64) AS distance
FROM joined AS one
JOIN joined AS other ON one.mask = other.mask AND one.band = other.band
WHERE one.crowd <= {{ policy.near_duplicate_crowd }}
      AND other.crowd <= {{ policy.near_duplicate_crowd }}
      AND (one.dt < other.dt OR (one.dt = other.dt AND one.row_id < other.row_id))
      AND one.content_sha256 <> other.content_sha256
      AND bit_count(bitwise_xor(one.dhash, other.dhash), 64) <= {{ policy.near_duplicate_bits }}
