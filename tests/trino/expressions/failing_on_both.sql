truncate(1.756e0, 2)
array_first(ARRAY[1, 2])
map_agg
date_format(TIMESTAMP '2026-03-01 05:04:05', '%k %l %I %T %r %S %s %b %a %c %v %x %D')
CAST('2026-03-01T10:00:00' AS timestamp)
from_base('zz', 10)
char2hexint('abc')
char_length('abc')
CAST(12 AS varchar(1))
CAST('12.7' AS integer)
CAST('yes' AS boolean)
CAST(300 AS tinyint)
1 % 0
1 / 0
2147483647 + 1
BIGINT '9223372036854775807' + 1
100000 * 100000
SELECT * FROM (VALUES (1, 'x')) AS a (i, s) NATURAL JOIN (VALUES (1, 'y')) AS b (i, z)
TABLE t
SELECT x -> 1
SELECT i, max(i) FILTER (WHERE i < 3) OVER () AS m FROM (VALUES 1, 2, 3) AS t (i) ORDER BY i
SELECT i FROM (VALUES 1, 2) AS t (i) ORDER BY 5
SELECT g, i FROM (VALUES ('a', 1), ('a', 1), ('b', 7)) AS t (g, i) GROUP BY g
SELECT * FROM (VALUES 1, 2) MATCH_RECOGNIZE (MEASURES 1 AS m)
SELECT count(*) FROM (VALUES 1) AS t (i) WHERE i = '1'
regexp_extract('abc', 'b', 1)
regexp_replace('abc', 'b', '$9')
CAST('inf' AS double)
CAST('0x10' AS double)
CAST('1_000' AS bigint)
CAST('0x10' AS bigint)
CAST('1e3' AS bigint)
CAST('on' AS boolean)
CAST('2026/03/01' AS date)
CAST('2026-03-01 10:00:00' AS date)
CAST('2026-03-01 10' AS timestamp)
CAST(1e30 AS bigint)
CAST(nan() AS bigint)
CAST(DATE '2026-03-01' AS varchar(4))
json_extract('{"a": [{"b": 1}, {"b": 2}]}', '$.a[*].b')
json_extract('{"a": {"b": 1}}', '$..b')
json_extract('{"a": [1, 2]}', '$.a[-1]')
json_extract_scalar('{"a-b": 1}', '$.a-b')
json_parse('nope')
json_parse('{"a": 1} x')
width_bucket(5e0, 0e0, 10e0, 0)
split('abc', '')
split_to_map('a=1,a=2', ',', '=')
split_to_map('a=1,b', ',', '=')
split_to_map('a=1=2', ',', '=')
url_decode('%zz')
from_base('', 16)
from_base('ffffffffffffffff', 16)
to_base(5, 1)
trim_array(ARRAY[1], 2)
ngrams(ARRAY['a'], 0)
from_base64('!!')
from_hex('6')
from_hex('zz')
hamming_distance('ab', 'abc')
chr(55296)
DECIMAL '1.0' / 0
date_format(TIMESTAMP '2026-03-01 13:04:05', '%w')
date_format(TIMESTAMP '2026-03-01 13:04:05', '%u')
date_format(TIMESTAMP '2026-03-01 13:04:05', '%D')
format_datetime(TIMESTAMP '2026-03-01 13:04:05.123', 'Z')
date_parse('2026-03-01x', '%Y-%m-%d')
date_parse('nope', '%Y-%m-%d')
parse_datetime('nope', 'yyyy')
ARRAY[1][0]
lpad('a', -1, 'x')
rpad('abc', 2, '')
split_part('a,b', ',', 0)
split_part('a,b', ',', -1)
to_hex(chr(65))
bit_count(300, 8)
codepoint('ab')
codepoint('')
codepoint(substr('abc', 1, 1))
json_extract('{"a.b": 1}', '$[''a.b'']')
json_extract_scalar('{"a.b": 1}', '$[''a.b'']')
element_at(ARRAY[1, 2], 0)
concat(NULL, NULL)
concat('a', 1)
concat('a')
concat(ARRAY[1], 2, 3)
1 IN (SELECT 'a')
'1' IN (VALUES 1)
DATE '2026-03-09' IN (SELECT '2026-03-09')
current_date - 7
1 AND 2
NOT 1
if(1, 2)
substr('abc', '1')
count_if(1)
SELECT category.* FROM uploads
SELECT models.category FROM uploads
SELECT u.models.category FROM uploads AS u
SELECT dt, category.family, count(*) FROM uploads GROUP BY ROLLUP (dt, category.family)
SELECT dt, count(*) FROM uploads GROUP BY ROLLUP (1)
SELECT dt, status, count(*) FROM uploads GROUP BY GROUPING SETS ((dt, status), ROLLUP (dt))
SELECT dt, count(*) FROM uploads GROUP BY ALL
SELECT string_agg(dt, ',') FROM uploads
SELECT DISTINCT ON (dt) dt FROM uploads
SELECT * EXCEPT (dt) FROM daily
SELECT sum(is_nsfw) FROM uploads
SELECT count(DISTINCT dt, status) FROM uploads
SELECT count(*) FILTER (WHERE image.width) FROM uploads
SELECT count(*) FROM uploads WHERE image.width
SELECT count(*) FROM uploads WHERE is_nsfw IS TRUE
SELECT count(*) FROM uploads WHERE is_nsfw IS UNKNOWN
SELECT count(*) FROM uploads WHERE dt >= DATE '2026-03-09'
SELECT count(*) FROM uploads WHERE dt = ANY (SELECT DATE '2026-03-09')
SELECT count(*) FROM uploads WHERE uploaded_at >= '2026-03-09'
SELECT dt FROM uploads GROUP BY dt HAVING count(*)
SELECT date_trunc('days', uploaded_at) FROM uploads
SELECT dt FROM uploads UNION SELECT DATE '2026-03-09'
SELECT dt FROM uploads UNION SELECT 1
SELECT a.dt FROM daily AS a JOIN daily AS b USING (dt)
SELECT TRY_CAST(metadata['nope'] AS integer) FROM uploads
WITH RECURSIVE days AS (SELECT 1 AS d UNION ALL SELECT d + 1 FROM days WHERE d < 4) SELECT d FROM days
