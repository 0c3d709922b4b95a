-- How many images were scored in each hour of work, and how long did one take?
-- Parameters: first day (date), last day (date).
-- Columns: hour (of scoring, UTC; the days are those of the uploads), images, image_bytes, mean_download_ms,
-- mean_decode_ms, mean_inference_ms.
SELECT date_trunc('hour', scored_at) AS hour,
       count(*) AS images,
       sum(object_bytes) AS image_bytes,
       avg(timing.download_ms) AS mean_download_ms,
       avg(timing.decode_ms) AS mean_decode_ms,
       avg(timing.inference_ms) AS mean_inference_ms
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND status = 'scored'
GROUP BY 1
ORDER BY 1
