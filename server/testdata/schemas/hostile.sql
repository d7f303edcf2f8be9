-- Ten tables that mean no good: names, keys and types that few tools are tried with.
CREATE SCHEMA "Select";
CREATE TYPE "order" AS ENUM ('', 'a b', '''quoted"', 'ümlaut', 'null');
CREATE TYPE "Pair" AS (a int, "B c" text);
CREATE DOMAIN "Short" AS varchar(5) NOT NULL DEFAULT 'x' CHECK (VALUE <> 'bad');
CREATE DOMAIN positives AS int[] CHECK (0 < ALL (VALUE));
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
-- 1: reserved words, quotes and spaces everywhere
CREATE TABLE "Select"."from" ("where" int PRIMARY KEY, "a""b" text, "limit" text, "doc" int, "true" boolean, "expand" text, "and or" "order", " " int, "%s" text, "?" text, "$1" text);
-- 2: a key of every kind
CREATE TABLE keys_of_all (n numeric(20,5), at timestamptz, d date, b boolean, u uuid, y bytea, t text, e "order", ip inet, v int, PRIMARY KEY (n, at, d, b, u, y, t, e, ip));
-- 3: a key that compares otherwise, and ends with spaces
CREATE TABLE padded (code char(6) PRIMARY KEY, v varchar(3), c text COLLATE nocase);
-- 4: everything generated
CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, double int GENERATED ALWAYS AS (a * 2) STORED, s "Short", p positives, at timestamptz DEFAULT clock_timestamp(), u uuid DEFAULT gen_random_uuid());
-- 5: own types
CREATE TABLE pairs (p "Pair" PRIMARY KEY, ps "Pair"[], es "order"[], r tstzrange, n int);
-- 6: refers to itself, and to a key that is not an id
CREATE TABLE tree (slug varchar(20) PRIMARY KEY, parent varchar(20) REFERENCES tree DEFERRABLE INITIALLY DEFERRED, "number" bigint UNIQUE);
CREATE TABLE leaf (id smallint PRIMARY KEY, tree_number bigint REFERENCES tree ("number"), tree varchar(20) REFERENCES tree);
-- 7: inherited and partitioned by a list
CREATE TABLE base (id bigint, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE base_a PARTITION OF base FOR VALUES IN ('a', '');
CREATE TABLE base_rest PARTITION OF base DEFAULT;
-- 8: numbers at their ends
CREATE TABLE ends (id bigint PRIMARY KEY, s smallint, r real, f float8, n numeric, m money, b bit(8), i interval, o oid);
-- 9: two columns that differ only in case, and one of sixty-three letters
CREATE TABLE cases (id uuid PRIMARY KEY, "Name" text, "name" text, "NAME" text, abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk text);
-- 10: a wide table
CREATE TABLE "Wide-Table" (id text PRIMARY KEY, j json, jb jsonb, js jsonb[], x xml, tv tsvector, tq tsquery, h time, hz timetz, a2 int[][], empties text[] NOT NULL DEFAULT '{}', c "char");

-- rows
INSERT INTO "Select"."from" VALUES (0, 'q"''', 'l', 1, true, 'e', 'a b', 3, '%d', '??', '$2'), (-1, NULL, NULL, NULL, NULL, NULL, '''quoted"', NULL, NULL, NULL, NULL), (2147483647, '', '', 0, false, '', '', 0, '', '', '');
INSERT INTO keys_of_all VALUES (1.5, '2026-01-01T00:00:00.000001Z', '2026-02-28', true, '0191e7a0-0000-7000-8000-000000000001', '\x00ff', 'a~b/c%', 'a b', '10.0.0.1', 1), (-0.00001, '1969-12-31T23:59:59Z', '0001-01-01', false, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '\x', '', '', '::1/64', NULL);
INSERT INTO padded VALUES ('ab', 'x ', 'Red'), ('AB', '', 'RED'), ('a b', NULL, 'rot'), ('é', 'ß', NULL);
INSERT INTO made (a, s, p, at) VALUES (1, 'y', '{1,2}', '2026-01-01Z'), (NULL, DEFAULT, NULL, NULL), (-1000000000, 'ümläu', '{}', '-infinity');
INSERT INTO pairs VALUES ('(1,"x y")', '{"(1,a)","(,)"}', '{"a b",null,""}', '[2026-01-01,)', 1), ('(,)', '{}', '{}', 'empty', 2), ('(2,"")', NULL, NULL, NULL, NULL);
BEGIN; INSERT INTO tree VALUES ('a', 'b', 1), ('b', 'a', 9223372036854775807), (' ', NULL, NULL); COMMIT;
INSERT INTO leaf VALUES (1, 1, 'a'), (-32768, NULL, ' '), (2, 9223372036854775807, NULL);
INSERT INTO base VALUES (1, 'a'), (1, ''), (-9223372036854775808, 'ö');
INSERT INTO ends VALUES (9223372036854775807, 32767, 3.4028235e38, 1.7976931348623157e308, 'NaN', '92233720368547758.07', '11111111', '178000000 years', 4294967295), (-9223372036854775808, -32768, '-Infinity', 5e-324, 1e-100, '-1', '00000000', '-1 mon +1 day -00:00:01', 0), (0, 0, 'NaN', '-0', '-Infinity', NULL, NULL, NULL, NULL);
INSERT INTO cases VALUES ('0191e7a0-0000-7000-8000-00000000000a', 'A', 'b', 'C', 'long'), ('ffffffff-ffff-ffff-ffff-fffffffffff0', NULL, '', NULL, NULL);
INSERT INTO "Wide-Table" VALUES ('.', '{"b":1, "a":[1,{"c":null}]}', '{"":"e","a.b":{"$x":1}}', '{"{\"a\": 1}",null}', '<a b="c">d</a>', 'a:1 b:2', 'a & !b', '24:00', '00:00+15', '{{1,2},{3,4}}', '{}', 'x'), ('..', 'null', '[]', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"","null","{}"}', NULL), ('a b', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT, '');
