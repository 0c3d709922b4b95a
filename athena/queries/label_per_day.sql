-- How many of a day's scored uploads show a label or a family, such as pug or dog, and what share is that?
-- Parameters: first day (date), last day (date), label or family (varchar).
-- Columns: day, scored, images, share (0 to 1); a day without any is left out.
SELECT daily.dt AS day,
       daily.scored,
       count(*) AS images,
       CAST(count(*) AS double) / daily.scored AS share
FROM daily
JOIN uploads AS upload ON upload.dt = daily.dt
WHERE daily.dt BETWEEN ? AND ?
      AND ? IN (upload.category.label, upload.category.family)
GROUP BY daily.dt, daily.scored
ORDER BY daily.dt
