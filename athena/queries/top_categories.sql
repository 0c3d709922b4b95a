-- What do the uploads show most often?
-- Parameters: first day (date), last day (date).
-- Columns: family, images, mean_score (0 to 1), examples (three labels).
SELECT category.family AS family,
       count(*) AS images,
       avg(category.score) AS mean_score,
       array_join(slice(array_sort(array_agg(DISTINCT category.label)), 1, 3), ', ') AS examples
FROM uploads
WHERE dt BETWEEN ? AND ?
      AND category.family IS NOT NULL
GROUP BY category.family
ORDER BY images DESC, family
