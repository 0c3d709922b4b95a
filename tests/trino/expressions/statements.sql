SELECT g, sum(i) FROM (VALUES ('a', 1), ('b', 2), ('a', 5)) AS t (g, i) GROUP BY GROUPING SETS ((g), ()) ORDER BY 1
SELECT g, h, sum(i) FROM (VALUES ('a', 'x', 1), ('b', 'y', 2), ('a', 'y', 5)) AS t (g, h, i) GROUP BY ROLLUP (g, h) ORDER BY 1, 2
SELECT g, h, sum(i) FROM (VALUES ('a', 'x', 1), ('b', 'y', 2), ('a', 'y', 5)) AS t (g, h, i) GROUP BY CUBE (g, h) ORDER BY 1, 2
SELECT g, h, grouping(g, h) AS k, sum(i) FROM (VALUES ('a', 'x', 1), ('b', 'y', 2)) AS t (g, h, i) GROUP BY CUBE (g, h) ORDER BY 1, 2
SELECT g, ntile(2) OVER (ORDER BY i) AS t FROM (VALUES ('a', 1), ('b', 2), ('c', 3)) AS t (g, i) ORDER BY g
SELECT i, lag(n) OVER (ORDER BY i) AS a, lead(n, 2, 9) OVER (ORDER BY i) AS b FROM (VALUES (1, 1), (2, NULL), (3, 3)) AS t (i, n) ORDER BY i
SELECT i, lag(n) IGNORE NULLS OVER (ORDER BY i) AS a FROM (VALUES (1, 1), (2, NULL), (3, 3)) AS t (i, n) ORDER BY i
SELECT i, last_value(n) IGNORE NULLS OVER (ORDER BY i) AS a FROM (VALUES (1, 1), (2, NULL), (3, 3)) AS t (i, n) ORDER BY i
SELECT i, first_value(n) OVER (ORDER BY i) AS a, nth_value(n, 3) OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS b FROM (VALUES (1, 1), (2, NULL), (3, 3)) AS t (i, n) ORDER BY i
SELECT i, percent_rank() OVER (ORDER BY n) AS a, cume_dist() OVER (ORDER BY n) AS b, dense_rank() OVER (ORDER BY n) AS c FROM (VALUES (1, 1), (2, NULL), (3, 3), (4, 1)) AS t (i, n) ORDER BY i
SELECT i, sum(i) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS a, sum(i) OVER w AS b FROM (VALUES 1, 2, 3) AS t (i) WINDOW w AS (ORDER BY i DESC) ORDER BY i
SELECT i, sum(i) OVER (ORDER BY i RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS a FROM (VALUES 1, 2, 4) AS t (i) ORDER BY i
SELECT d, sum(i) OVER (ORDER BY d RANGE BETWEEN INTERVAL '2' DAY PRECEDING AND CURRENT ROW) AS a FROM (VALUES (DATE '2026-03-01', 1), (DATE '2026-03-04', 2)) AS t (d, i) ORDER BY d
SELECT i, count(*) OVER () AS n, avg(i) OVER (PARTITION BY i % 2) AS m FROM (VALUES 1, 2, 3) AS t (i) ORDER BY i
SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t (x, n)
SELECT a, b FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t (a, b)
SELECT k, v FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t (k, v)
SELECT i, x FROM (VALUES 1, 2) AS t (i) LEFT JOIN UNNEST(ARRAY[10, 20]) AS u (x) ON true ORDER BY 1, 2
SELECT i, x FROM (VALUES (1, ARRAY[1]), (2, ARRAY[])) AS t (i, a) LEFT JOIN UNNEST(a) AS u (x) ON true ORDER BY 1, 2
SELECT i, x FROM (VALUES (1, ARRAY[1]), (2, ARRAY[])) AS t (i, a) CROSS JOIN UNNEST(a) AS u (x) ORDER BY 1, 2
VALUES (1, 'a'), (2, 'b')
VALUES 1, 2
SELECT i, y FROM (VALUES 1, 2) AS t (i) CROSS JOIN LATERAL (SELECT i * 2 AS y) AS u ORDER BY 1
SELECT i, y FROM (VALUES 1, 2) AS t (i), LATERAL (SELECT i * 2 AS y) AS u ORDER BY 1
SELECT * FROM (VALUES 1, 2, 2) AS t (i) EXCEPT SELECT 1
SELECT * FROM (VALUES 1, 2, 2) AS t (i) INTERSECT SELECT 2
SELECT * FROM (VALUES 1, 2, 2) AS t (i) INTERSECT ALL SELECT 2
SELECT * FROM (VALUES 1, 2, 2) AS t (i) EXCEPT ALL SELECT 2
SELECT 1 AS a UNION SELECT 1.5 ORDER BY 1
SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 3 ORDER BY a DESC LIMIT 2
SELECT i FROM (VALUES 1, 2, 3) AS t (i) ORDER BY i OFFSET 1 LIMIT 1
SELECT i FROM (VALUES 1, 2, 3) AS t (i) ORDER BY i OFFSET 1 ROW FETCH FIRST 1 ROW ONLY
SELECT i FROM (VALUES 1, 2, 3) AS t (i) ORDER BY i LIMIT ALL
WITH RECURSIVE t (n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT sum(n) AS s FROM t
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a, b
SELECT i FROM (VALUES 3, NULL, 1) AS t (i) ORDER BY i
SELECT i FROM (VALUES 3, NULL, 1) AS t (i) ORDER BY i DESC
SELECT i FROM (VALUES 3, NULL, 1) AS t (i) ORDER BY i NULLS FIRST
SELECT DISTINCT i % 2 AS m FROM (VALUES 1, 2, 3) AS t (i) ORDER BY m
SELECT g, count(*) AS n FROM (VALUES 'a', 'b', 'a') AS t (g) GROUP BY g HAVING count(*) > 1
SELECT a.i, b.i FROM (VALUES 1, 2) AS a (i) FULL JOIN (VALUES 2, 3) AS b (i) ON a.i = b.i ORDER BY 1, 2
SELECT * FROM (VALUES 1, 2) AS a (i) JOIN (VALUES 2, 3) AS b (i) USING (i)
SELECT i FROM (VALUES 1, 2) AS a (i) WHERE i IN (SELECT 2)
SELECT i FROM (VALUES 1, 2) AS a (i) WHERE EXISTS (SELECT 1 FROM (VALUES 2) AS b (j) WHERE j = i)
SELECT (SELECT max(j) FROM (VALUES 1, 5) AS b (j) WHERE j > i) AS m FROM (VALUES 1, 2) AS a (i)
SELECT r.x, r.y FROM (SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar)) AS r)
SELECT 1 AS "A b", 2 AS c
SELECT g, listagg(h, ', ') WITHIN GROUP (ORDER BY h) AS hs FROM (VALUES ('a', 'x'), ('a', 'y'), ('b', 'z')) AS t (g, h) GROUP BY g ORDER BY g
SELECT g, approx_percentile(i, 0.5) AS p FROM (VALUES ('a', 1), ('a', 2), ('b', 7), ('a', 3), ('a', 10)) AS t (g, i) GROUP BY g ORDER BY g
SELECT i, rank() OVER (PARTITION BY i % 2 ORDER BY i DESC) AS r, row_number() OVER (ORDER BY i) AS n FROM (VALUES 1, 2, 3) AS t (i) ORDER BY i
SELECT sum(d) AS s, avg(d) AS a FROM (VALUES DECIMAL '1.10', DECIMAL '2.21') AS t (d)
SELECT sum(d) OVER (ORDER BY d) AS s, avg(d) OVER (ORDER BY d) AS a FROM (VALUES DECIMAL '1.10', DECIMAL '2.21') AS t (d) ORDER BY 1
SELECT g, count(DISTINCT i) AS n, sum(i) AS s FROM (VALUES ('a', 1), ('a', 1), ('b', 7)) AS t (g, i) GROUP BY 1 ORDER BY s DESC
SELECT a.x FROM (VALUES (1, 2)) AS a (x, y) CROSS JOIN (VALUES 3) AS b (z) WHERE a.y < b.z
SELECT t.* FROM (VALUES (1, 2)) AS t (x, y)
SELECT json_extract_scalar(j, '$.a') AS v FROM (VALUES '{"a": "ü"}') AS t (j)
SELECT CAST(i AS varchar) || '%' AS p FROM (VALUES 1) AS t (i)
SELECT date_trunc('day', t) AS d, count(*) AS n FROM (VALUES TIMESTAMP '2026-03-01 10:00:00', TIMESTAMP '2026-03-01 11:00:00') AS x (t) GROUP BY 1
SELECT max(x) AS a, min(x) AS b FROM (VALUES 1e0, nan()) AS t (x)
SELECT x FROM (VALUES 1e0, nan()) AS t (x) WHERE x > 0e0
SELECT x FROM (VALUES 1e0, nan()) AS t (x) WHERE NOT x > 0e0
SELECT x FROM (VALUES 1e0, nan(), NULL) AS t (x) ORDER BY x DESC
SELECT count(*) AS n FROM (VALUES 1e0, nan()) AS t (x) GROUP BY x ORDER BY x
SELECT skewness(x) AS s FROM (VALUES 1e0, 2e0) AS t (x)
SELECT skewness(x) AS s, kurtosis(x) AS k FROM (VALUES 1e0, 2e0, 5e0) AS t (x)
SELECT approx_percentile(x, 0.5) AS a FROM (VALUES 5e0, 5e0, 5e0) AS t (x)
SELECT row_id, t.l FROM uploads CROSS JOIN UNNEST(category.top) WITH ORDINALITY AS t (l, s, n) WHERE n = 2 ORDER BY 1, 2
SELECT dt, count(*) AS n, sum(count(*)) OVER (ORDER BY dt) AS total FROM uploads GROUP BY dt ORDER BY dt
SELECT dt, count(*) - lag(count(*)) OVER (ORDER BY dt) AS d FROM uploads GROUP BY dt ORDER BY dt
SELECT json_format(CAST(category AS json)) AS j FROM uploads WHERE status = 'scored' ORDER BY row_id LIMIT 3
SELECT CAST(image AS json) AS j FROM uploads WHERE status = 'scored' ORDER BY row_id LIMIT 3
SELECT CAST(category.top AS json) AS j FROM uploads WHERE status = 'scored' ORDER BY row_id LIMIT 3
SELECT CAST(models AS json) AS j FROM uploads WHERE status = 'scored' ORDER BY row_id LIMIT 3
SELECT CAST(metadata AS json) AS j FROM uploads WHERE status = 'scored' ORDER BY row_id LIMIT 3
SELECT dt, status, count(*) AS n FROM uploads GROUP BY GROUPING SETS ((dt), (status), ()) ORDER BY 1, 2
WITH RECURSIVE days (d) AS (SELECT DATE '2026-03-08' UNION ALL SELECT d + INTERVAL '1' DAY FROM days WHERE d < DATE '2026-03-12') SELECT d, count(u.row_id) AS n FROM days LEFT JOIN uploads AS u ON u.dt = CAST(d AS varchar) GROUP BY d ORDER BY d
SELECT d, count(row_id) AS n FROM UNNEST(sequence(DATE '2026-03-08', DATE '2026-03-12')) AS s (d) LEFT JOIN uploads ON dt = CAST(d AS varchar) GROUP BY d ORDER BY d
SELECT row_id FROM uploads AS u WHERE quality.score = (SELECT max(quality.score) FROM uploads AS v WHERE v.dt = u.dt) ORDER BY 1
SELECT count(*) AS n FROM uploads WHERE content_sha256 NOT IN (SELECT content_sha256 FROM uploads WHERE status = 'missing')
SELECT count(*) AS n FROM uploads AS u WHERE EXISTS (SELECT 1 FROM uploads AS v WHERE v.content_sha256 = u.content_sha256 AND v.row_id <> u.row_id)
SELECT dt, listagg(DISTINCT category.family, ', ') WITHIN GROUP (ORDER BY category.family) AS f FROM uploads GROUP BY dt ORDER BY dt
SELECT dt, array_join(array_agg(DISTINCT category.family ORDER BY category.family), ', ') AS f FROM uploads GROUP BY dt ORDER BY dt
SELECT TRY_CAST(metadata['listing-id'] AS bigint) AS l, count(*) AS n FROM uploads WHERE element_at(metadata, 'listing-id') IS NOT NULL GROUP BY 1 ORDER BY 1
SELECT object_bytes FROM uploads WHERE dt = '2026-03-08' UNION ALL SELECT 1.5
SELECT image.width FROM uploads WHERE dt = '2026-03-08' UNION SELECT 1e0
SELECT uploaded_at FROM uploads WHERE dt = '2026-03-08' UNION SELECT DATE '2026-03-09'
SELECT NULL AS a UNION SELECT dt FROM uploads
SELECT u.dt, count(*) AS n FROM uploads AS u GROUP BY ROLLUP (u.dt) ORDER BY 1
SELECT dt, f, count(*) AS n FROM (SELECT dt, category.family AS f FROM uploads) GROUP BY CUBE (dt, f) ORDER BY 1, 2, 3
SELECT category.family AS f, dt, count(*) AS n FROM uploads GROUP BY category.family, ROLLUP (dt) ORDER BY 1, 2, 3
SELECT dt, sum(image.width) OVER (PARTITION BY dt ORDER BY uploaded_at RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS s FROM uploads ORDER BY row_id LIMIT 5
SELECT count(*) AS n FROM uploads WHERE status NOT IN ('scored', NULL)
SELECT * FROM (SELECT dt, 1 AS x FROM uploads) AS a JOIN (SELECT 1 AS x, dt FROM uploads) AS b USING (x, dt) ORDER BY dt LIMIT 2
SELECT json_extract_scalar(CAST(category AS json), '$.label') AS l FROM uploads ORDER BY row_id LIMIT 5
SELECT json_extract_scalar(json_format(CAST(category AS json)), '$.top[0].label') AS l FROM uploads ORDER BY row_id LIMIT 5
SELECT CAST(timing AS json) AS l FROM uploads WHERE false
SELECT slice(array_agg(row_id ORDER BY quality.score DESC, row_id), 1, 3) AS a, dt FROM uploads GROUP BY dt ORDER BY dt
SELECT row_id FROM uploads WHERE dt = (SELECT max(dt) FROM uploads) ORDER BY 1 LIMIT 2
SELECT x.* FROM uploads AS u CROSS JOIN LATERAL (SELECT u.dt AS d, u.status AS s) AS x ORDER BY 1, 2 LIMIT 2
(SELECT dt FROM uploads ORDER BY dt LIMIT 1) UNION ALL (SELECT dt FROM uploads ORDER BY dt DESC LIMIT 1) ORDER BY 1
SELECT sum(count(*)) OVER () AS n FROM uploads GROUP BY dt LIMIT 1
SELECT 100.0 * count(*) / sum(count(*)) OVER () AS pct, dt FROM uploads GROUP BY dt ORDER BY dt
SELECT * FROM (SELECT 2 AS y, 1 AS x) AS a JOIN (SELECT 1 AS x, 3 AS z) AS b USING (x) JOIN (SELECT 3 AS z, 4 AS w) AS c USING (z)
SELECT * FROM (SELECT 2 AS y, 1 AS x) AS a FULL JOIN (SELECT 5 AS x, 3 AS z) AS b USING (x) ORDER BY x
SELECT count(*) AS n FROM uploads GROUP BY ALL (dt)
