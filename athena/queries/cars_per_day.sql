-- How many of a day's scored uploads show a car, and what share is that?
-- Parameters: first day (date), last day (date).
-- Columns: day, scored, cars, share (0 to 1).
SELECT dt AS day,
       count(*) AS scored,
       count(*) FILTER (WHERE category.family = 'car') AS cars,
       CAST(count(*) FILTER (WHERE category.family = 'car') AS double) / count(*) AS share
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND status = 'scored'
GROUP BY dt
ORDER BY dt
