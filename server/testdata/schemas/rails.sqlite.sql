CREATE TABLE "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY);
CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "email" varchar NOT NULL COLLATE NOCASE, "admin" boolean DEFAULT 0, "sign_in_count" integer DEFAULT 0 NOT NULL, "born_on" date, "time_zone" varchar(40));
CREATE UNIQUE INDEX "index_users_on_email" ON "users" ("email");
CREATE TABLE "posts" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "user_id" integer NOT NULL, "title" varchar COLLATE NOCASE, "body" text, "state" integer DEFAULT 0, FOREIGN KEY ("user_id") REFERENCES "users" ("id"));
CREATE UNIQUE INDEX "index_posts_open" ON "posts" ("user_id", "title") WHERE state = 0;
CREATE TABLE "comments" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "commentable_type" varchar NOT NULL, "commentable_id" bigint NOT NULL, "body" text);
CREATE INDEX "index_comments_on_commentable" ON "comments" ("commentable_type", "commentable_id");
CREATE TABLE "tags" ("name" varchar PRIMARY KEY NOT NULL, "color" varchar);
CREATE VIEW "recent" AS SELECT "id", "title" FROM "posts" WHERE "state" = 0;
-- rows
INSERT INTO "schema_migrations" ("version") VALUES ('20260101000000'), ('20260102000000');
INSERT INTO "users" ("id", "email", "admin", "sign_in_count", "born_on", "time_zone") VALUES (1, 'Ann@x.org', 1, 3, '1990-02-28', 'Europe/Berlin'), (2, 'bob@x.org', NULL, 0, NULL, NULL), (3, 'Zoë@x.org', 0, 2147483647, '2026-01-01', '');
INSERT INTO "posts" ("id", "user_id", "title", "body", "state") VALUES (1, 1, 'One', 'x', 0), (2, 1, 'Two', NULL, 1), (3, 2, NULL, 'long', NULL), (4, 3, 'one', '', 1);
INSERT INTO "comments" ("id", "commentable_type", "commentable_id", "body") VALUES (1, 'Post', 1, 'a'), (2, 'User', 1, 'b'), (3, 'Post', 2, NULL);
INSERT INTO "tags" ("name", "color") VALUES ('Red', '#ff0000'), ('red', NULL), ('it''s', ''), ('x~y%', 'z');
