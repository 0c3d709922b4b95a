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
