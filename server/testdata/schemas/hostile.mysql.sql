-- Tables that mean no good, as MariaDB has them.
CREATE TABLE `from` (`where` int PRIMARY KEY, `a"b` varchar(20), `limit` text, `doc` int, `true` bit(1), `and or` enum('', 'a b', '''quoted"', 'ümlaut', 'null'), `%s` varchar(9), `?` varchar(9), `a``b` int);
CREATE TABLE keys_of_all (n decimal(20,5), at datetime(6), d date, y varbinary(20), t varchar(40) COLLATE utf8mb4_bin, v int, PRIMARY KEY (n, at, d, y, t));
CREATE TABLE padded (code char(6) PRIMARY KEY, v varchar(3), c varchar(9) COLLATE utf8mb4_general_ci);
CREATE TABLE made (id int AUTO_INCREMENT PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, lazy int AS (a + 1) VIRTUAL, at timestamp(3) NULL DEFAULT current_timestamp(3));
CREATE TABLE tree (slug varchar(20) PRIMARY KEY, parent varchar(20), number bigint UNIQUE, FOREIGN KEY (parent) REFERENCES tree (slug));
CREATE TABLE ends (id bigint PRIMARY KEY, t tinyint, u bigint unsigned, r float, f double, n decimal(65,30), y year, h time(6));
CREATE TABLE `Wide-Table` (id varchar(40) PRIMARY KEY, j json, s set('a','b','c'), bl blob, tx longtext, m mediumint, bo boolean, bits bit(8), most bit(64), two bit(2) NOT NULL DEFAULT b'10');
CREATE TABLE flags (mask bit(5) PRIMARY KEY, v int);

-- rows
INSERT INTO `from` VALUES (0, 'q"''', 'l', 1, 1, 'a b', '%d', '??', 1), (-1, NULL, NULL, NULL, NULL, '''quoted"', NULL, NULL, NULL), (2147483647, '', '', 0, 0, '', '', '', 0);
INSERT INTO keys_of_all VALUES (1.5, '2026-01-01 00:00:00.000001', '2026-02-28', x'00ff', 'a~b/c%', 1), (-0.00001, '1969-12-31 23:59:59', '1000-01-01', '', '', NULL);
INSERT INTO padded VALUES ('ab', 'x ', 'Red'), ('ABC', '', 'RED'), ('a b', NULL, 'rot'), ('é', 'ß', NULL);
INSERT INTO made (a, at) VALUES (1, '2026-01-01'), (NULL, NULL), (-1000000000, '2000-02-29');
INSERT INTO tree VALUES ('a', NULL, 1), ('b', 'a', 9223372036854775807), ('c', 'c', NULL);
INSERT INTO ends VALUES (9223372036854775807, 127, 9223372036854775807, 3.4e38, 1.7976931348623157e308, 12345678901234567890123456789012345.123456789012345678901234567890, 2026, '23:59:59.999999'), (-9223372036854775808, -128, 0, -1.5, 5e-324, 0, 1901, '-838:59:59'), (0, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO `Wide-Table` VALUES ('.', '{"b":1, "a":[1,{"c":null}]}', 'a,c', x'00', 'long', -8388608, true, b'101', b'1111111111111111111111111111111111111111111111111111111111111111', b'01'), ('..', 'null', '', '', '', 8388607, false, b'0', b'1000000000000000000000000000000000000000000000000000000000000000', b'00'), ('a b', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, b'11');
INSERT INTO flags VALUES (b'101', 1), (b'0', NULL), (b'11111', 3);
