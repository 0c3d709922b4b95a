-- What do the uploads show most often?
-- Parameters: first day, last day (yyyy-MM-dd, inclusive).
-- Columns: family, images, mean_score (0 to 1), examples (three labels).
SELECT category.family AS family,
       count(*) AS images,
       avg(category.score) AS mean_score,
       array_join(slice(array_sort(array_agg(DISTINCT category.label)), 1, 3), ', ') AS examples
FROM image_scores
WHERE dt BETWEEN ? AND ?
      AND status = 'scored'
GROUP BY category.family
ORDER BY images DESC, family
