CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE TABLE schema_migrations (version character varying NOT NULL PRIMARY KEY);
CREATE TABLE ar_internal_metadata (key character varying NOT NULL PRIMARY KEY, value character varying, created_at timestamp(6) without time zone NOT NULL, updated_at timestamp(6) without time zone NOT NULL);
CREATE TABLE users (
    id bigserial PRIMARY KEY, email citext NOT NULL, encrypted_password character varying DEFAULT '' NOT NULL, admin boolean DEFAULT false, settings jsonb DEFAULT '{}' NOT NULL, preferences hstore,
    sign_in_count integer DEFAULT 0 NOT NULL, current_sign_in_ip inet, balance numeric(10,2), born_on date, time_zone character varying(40), lock_version integer DEFAULT 0,
    created_at timestamp(6) without time zone NOT NULL, updated_at timestamp(6) without time zone NOT NULL);
CREATE UNIQUE INDEX index_users_on_email ON users USING btree (email);
CREATE INDEX index_users_on_lower_zone ON users USING btree (lower(time_zone));
CREATE TABLE posts (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id), title character varying, body text, state integer DEFAULT 0, tags character varying[] DEFAULT '{}', published_at timestamp(6) without time zone, opens_at time without time zone);
CREATE INDEX index_posts_on_user_id_and_published_at ON posts USING btree (user_id, published_at DESC);
CREATE UNIQUE INDEX index_posts_on_title_when_published ON posts USING btree (user_id, title) WHERE published_at IS NOT NULL;
CREATE TABLE comments (id bigserial PRIMARY KEY, commentable_type character varying NOT NULL, commentable_id bigint NOT NULL, body text);
CREATE INDEX index_comments_on_commentable ON comments USING btree (commentable_type, commentable_id);
CREATE TABLE tags (name citext PRIMARY KEY, color character(7));
CREATE TABLE posts_tags (post_id bigint NOT NULL, tag_name citext NOT NULL);
CREATE UNIQUE INDEX index_posts_tags ON posts_tags USING btree (post_id, tag_name);
CREATE VIEW recent_posts AS SELECT id, title FROM posts WHERE published_at IS NOT NULL;
ALTER TABLE posts_tags REPLICA IDENTITY USING INDEX index_posts_tags;
-- rows
INSERT INTO posts_tags (post_id, tag_name) VALUES (1, 'Red'), (1, 'blue'), (2, 'red');
INSERT INTO schema_migrations (version) VALUES ('20260101000000'), ('20260102000000');
INSERT INTO ar_internal_metadata (key, value, created_at, updated_at) VALUES ('environment', 'production', '2026-01-01 00:00:00.123456', '2026-01-01');
INSERT INTO users (id, email, admin, settings, preferences, sign_in_count, current_sign_in_ip, balance, born_on, time_zone, created_at, updated_at) VALUES
    (1, 'Ann@x.org', true, '{"a": {"b": 1}}', '"a"=>"1", "b"=>NULL', 3, '10.0.0.1', 12.50, '1990-02-28', 'Europe/Berlin', '2026-01-01 00:00:00.000001', '2026-01-01'),
    (2, 'bob@x.org', NULL, '[]', NULL, 0, '::1/64', -0.01, '0044-03-15 BC', NULL, '2026-01-01', '2026-01-01'),
    (3, 'Zoë@x.org', false, '{}', '', 2147483647, NULL, NULL, 'infinity', '', '2025-12-31 23:59:59.999999', '2026-01-01');
INSERT INTO posts (id, user_id, title, body, state, tags, published_at, opens_at) VALUES (1, 1, 'One', 'x', 0, '{a,b}', '2026-01-01', '09:30'), (2, 1, 'Two', NULL, 1, '{}', NULL, '24:00'), (3, 2, NULL, repeat('long ', 1000), NULL, NULL, '2026-01-03', NULL), (4, 3, 'one', '', 1, '{""}', '2026-01-01', '09:30:00.5');
INSERT INTO comments (id, commentable_type, commentable_id, body) VALUES (1, 'Post', 1, 'a'), (2, 'User', 1, 'b'), (3, 'Post', 2, NULL);
INSERT INTO tags (name, color) VALUES ('Red', '#ff0000'), ('blue', '#00f'), ('a/b c', NULL), ('it''s', '');
