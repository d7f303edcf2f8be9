CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL);
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "username" varchar(150) NOT NULL UNIQUE, "is_superuser" bool NOT NULL);
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "auth_user_groups_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE TABLE "shop_order" ("id" char(32) NOT NULL PRIMARY KEY, "user_id" integer NULL REFERENCES "auth_user" ("id"), "ip" char(39) NULL, "quantity" integer unsigned NOT NULL CHECK ("quantity" >= 0), "placed_on" date NOT NULL, "raw" BLOB NULL, "weight" real NULL);
CREATE TABLE "shop_day" ("day" date NOT NULL PRIMARY KEY, "visits" integer NOT NULL);
CREATE TABLE "shop_hash" ("hash" BLOB NOT NULL PRIMARY KEY, "note" text NULL);
CREATE TABLE "shop_flag" ("flag" bool NOT NULL PRIMARY KEY, "note" text NULL);
-- rows
INSERT INTO "django_session" ("session_key", "session_data") VALUES ('abc', 'x:y'), ('ABC', '');
INSERT INTO "auth_user" ("id", "username", "is_superuser") VALUES (1, 'ann', 1), (2, 'Bob', 0);
INSERT INTO "auth_group" ("id", "name") VALUES (1, 'staff'), (2, 'Staff');
INSERT INTO "auth_user_groups" ("id", "user_id", "group_id") VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1);
INSERT INTO "shop_order" ("id", "user_id", "ip", "quantity", "placed_on", "raw", "weight") VALUES ('10000000000040008000000000000000', 1, '10.0.0.1', 0, '2026-02-28', x'deadbeef', 1.5), ('f0000000000040008000000000000000', NULL, NULL, 5, '2026-02-28', NULL, NULL);
INSERT INTO "shop_day" ("day", "visits") VALUES ('2026-01-01', 5), ('2026-01-02', 5);
INSERT INTO "shop_hash" ("hash", "note") VALUES (x'fbff00', 'a'), (x'7e2f', NULL);
INSERT INTO "shop_flag" ("flag", "note") VALUES (1, 'a'), (0, NULL);
