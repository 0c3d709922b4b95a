-- What share of the scored uploads did the result cache answer, per day and model?
-- Parameters: first day (date), last day (date).
-- Columns: day, model, scored, from_cache, share (0 to 1).
SELECT upload.dt AS day,
       used.model AS model,
       count(*) AS scored,
       count(*) FILTER (WHERE contains(upload.cached, used.model)) AS from_cache,
       CAST(count(*) FILTER (WHERE contains(upload.cached, used.model)) AS double) / count(*) AS share
FROM uploads AS upload
CROSS JOIN UNNEST(map_keys(upload.models)) AS used (model)
WHERE upload.dt BETWEEN ? AND ?
      AND upload.status = 'scored'
GROUP BY upload.dt, used.model
ORDER BY upload.dt, used.model
