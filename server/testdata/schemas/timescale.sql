CREATE TABLE devices (id text PRIMARY KEY, location point, installed date, firmware int[] NOT NULL DEFAULT '{}');
CREATE TABLE events (id bigserial, at timestamptz NOT NULL, device text REFERENCES devices (id), value double precision, level smallint, tags jsonb, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX ON events (device, at DESC);
CREATE TABLE readings (time timestamptz NOT NULL, device text NOT NULL, temperature real, "count" bigint, "sum" numeric, PRIMARY KEY (device, time));
CREATE TABLE daily (day date, device text, avg numeric(8, 3), open boolean, PRIMARY KEY (day, device)) PARTITION BY LIST (device);
CREATE TABLE daily_all PARTITION OF daily DEFAULT;
CREATE TABLE loose (time timestamptz NOT NULL, device text);
CREATE MATERIALIZED VIEW totals AS SELECT device AS id, count(*) AS n FROM readings GROUP BY device;
INSERT INTO loose VALUES ('2026-01-01Z', 'x');
-- rows
INSERT INTO devices (id, location, installed, firmware) VALUES ('d1', '(1,2)', '2025-01-01', '{1,2}'), ('d 2', NULL, NULL, '{}'), ('D1', '(1,2)', '2025-01-01', '{3}');
INSERT INTO events (id, at, device, value, level, tags) VALUES (1, '2026-01-01Z', 'd1', 1.5, 1, '{"a": [1]}'), (1, '2026-02-01Z', 'd1', NULL, NULL, NULL), (2, '2026-01-01Z', 'd 2', -0.0, 2, '[]'), (3, 'infinity', NULL, 'NaN', 1, '{}'), (4, '2026-01-01 00:00:00.000001Z', 'D1', 1e-300, -1, 'true');
INSERT INTO readings (time, device, temperature, "count", "sum") VALUES ('2026-01-01Z', 'd1', 21.3, 1, 0.1), ('2026-01-01 00:00:01Z', 'd1', 21.3, 2, 0.2), ('2026-01-01Z', 'a~b/c', NULL, NULL, NULL);
INSERT INTO daily (day, device, avg, open) VALUES ('2026-01-01', 'd1', 1.25, true), ('2026-01-01', 'd2', NULL, false), ('-infinity', 'd1', 0, NULL);
REFRESH MATERIALIZED VIEW totals;
