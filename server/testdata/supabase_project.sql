-- A project of Supabase, written for TestImportSupabase: what its auth and storage have, twelve tables and 30 policies.
DO $$ BEGIN CREATE ROLE anon; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE authenticated; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
CREATE SCHEMA auth;
CREATE TABLE auth.users (id uuid PRIMARY KEY, email text, encrypted_password text, email_confirmed_at timestamptz, raw_user_meta_data jsonb, raw_app_meta_data jsonb, created_at timestamptz DEFAULT now(), banned_until timestamptz, deleted_at timestamptz);
CREATE TABLE auth.identities (user_id uuid, provider text, provider_id text);
CREATE TABLE auth.mfa_factors (user_id uuid, factor_type text, status text, secret text, created_at timestamptz DEFAULT now());
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT (auth.jwt() ->> 'sub')::uuid $$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.jwt() ->> 'role' $$;
CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.jwt() ->> 'email' $$;
CREATE SCHEMA storage;
CREATE TABLE storage.buckets (id text PRIMARY KEY, name text, public boolean DEFAULT false, file_size_limit bigint, allowed_mime_types text[]);
CREATE TABLE storage.objects (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), bucket_id text REFERENCES storage.buckets, name text, owner uuid, owner_id text);
CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$ SELECT (string_to_array(name, '/'))[1:array_length(string_to_array(name, '/'), 1) - 1] $$;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
INSERT INTO storage.buckets VALUES ('avatars', 'avatars', false, 1000000, NULL), ('public-files', 'public-files', true, NULL, NULL);

CREATE TYPE status AS ENUM ('draft', 'open', 'done');
CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users, username text UNIQUE, is_admin boolean, public boolean);
CREATE TABLE teams (id bigint PRIMARY KEY, name text, owner_id uuid);
CREATE TABLE members (team_id bigint REFERENCES teams, user_id uuid, role text, PRIMARY KEY (team_id, user_id));
CREATE TABLE todos (id bigint PRIMARY KEY, user_id uuid DEFAULT auth.uid(), task text, done boolean, status status, due timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, team_id bigint REFERENCES teams, author uuid, body text, archived_at timestamptz, shared_with uuid[], price numeric);
CREATE TABLE comments (id bigint PRIMARY KEY, note_id bigint REFERENCES notes, author uuid, hidden boolean);
CREATE TABLE invoices (id bigint PRIMARY KEY, org text, amount int, email text);
CREATE TABLE flags (id bigint PRIMARY KEY, name text);
CREATE TABLE logs (id bigint PRIMARY KEY, actor uuid, level int, kind text);
CREATE TABLE drafts (id bigint PRIMARY KEY, a uuid, b uuid);
CREATE TABLE secrets (id bigint PRIMARY KEY, value text);
CREATE TABLE open_data (id bigint PRIMARY KEY, value text);
CREATE TABLE odd (id bigint PRIMARY KEY, value text, owner uuid);
CREATE VIEW busy AS SELECT id, task FROM todos;

CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT EXISTS (SELECT 1 FROM profiles WHERE id = auth.uid() AND is_admin) $$;
CREATE FUNCTION is_member(team bigint, wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
  select exists ( -- whatever the policies of members say
    select 1 from public.members m where m.team_id = team and m.user_id = auth.uid() and (wanted is null or m.role = wanted))
$$;
CREATE FUNCTION guess() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN true; END $$;

DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'open_data' LOOP EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t); END LOOP;
END $$;
GRANT USAGE ON SCHEMA public, auth, storage TO anon, authenticated;
GRANT ALL ON ALL TABLES IN SCHEMA public, storage TO anon, authenticated;
REVOKE INSERT, UPDATE, DELETE ON open_data FROM anon, authenticated;
REVOKE ALL ON flags FROM anon;

-- 1 to 4: whose profile it is, and what all may see
CREATE POLICY "public profiles" ON profiles FOR SELECT USING (public);
CREATE POLICY "own profile" ON profiles FOR SELECT USING ((select auth.uid()) = id);
CREATE POLICY "change own profile" ON profiles FOR UPDATE USING (auth.uid() = id) WITH CHECK (auth.uid() = id AND is_admin IS NOT TRUE);
CREATE POLICY "make own profile" ON profiles FOR INSERT TO authenticated WITH CHECK (auth.uid() = id);
-- 5 to 7: teams by ownership and membership
CREATE POLICY "own teams" ON teams USING (owner_id = auth.uid());
CREATE POLICY "teams of members" ON teams FOR SELECT TO authenticated USING (id IN (SELECT team_id FROM members WHERE user_id = auth.uid()));
CREATE POLICY "see own memberships" ON members FOR SELECT USING (user_id = auth.uid());
-- 8 to 12: todos
CREATE POLICY "read own todos" ON todos FOR SELECT USING (auth.uid() = user_id);
CREATE POLICY "read open todos" ON todos FOR SELECT TO authenticated USING (status = ANY (ARRAY['open', 'done']::status[]) AND NOT done);
CREATE POLICY "insert own todos" ON todos FOR INSERT WITH CHECK (auth.uid() = user_id AND status <> 'done');
CREATE POLICY "update own todos" ON todos FOR UPDATE USING (auth.uid() = user_id);
CREATE POLICY "delete own old todos" ON todos FOR DELETE USING (auth.uid() = user_id AND due < now() - interval '7 days');
-- 13 to 17: notes of teams
CREATE POLICY "notes of my teams" ON notes FOR SELECT USING (EXISTS (SELECT 1 FROM members WHERE members.team_id = notes.team_id AND members.user_id = auth.uid()));
CREATE POLICY "shared notes" ON notes FOR SELECT USING (auth.uid() = ANY (shared_with));
CREATE POLICY "cheap notes are for all" ON notes FOR SELECT TO anon, authenticated USING (price < 5 AND archived_at IS NULL);
CREATE POLICY "editors change notes" ON notes FOR UPDATE USING (is_member(team_id, 'editor')) WITH CHECK (is_member(team_id, 'editor'));
CREATE POLICY "not archived" ON notes AS RESTRICTIVE FOR SELECT USING (archived_at IS NULL OR is_admin());
-- 18 to 20: comments, by a lookup of a lookup that has its own policies
CREATE POLICY "visible comments" ON comments FOR SELECT USING (hidden IS NOT TRUE AND author <> auth.uid());
CREATE POLICY "own comments" ON comments FOR ALL TO authenticated USING (author = auth.uid()) WITH CHECK (author = auth.uid());
CREATE POLICY "admins see comments" ON comments FOR SELECT USING ((SELECT is_admin FROM profiles WHERE id = auth.uid()));
-- 21 to 24: claims
CREATE POLICY "invoices of the org" ON invoices FOR SELECT USING (org = ((auth.jwt() -> 'app_metadata') ->> 'org') AND amount >= 10);
CREATE POLICY "invoices by address" ON invoices FOR SELECT USING (email = auth.email());
CREATE POLICY "accountants" ON invoices FOR ALL USING ((auth.jwt() -> 'app_metadata' -> 'roles') ? 'accountant');
CREATE POLICY "flags for users" ON flags FOR SELECT USING (auth.role() = 'authenticated');
-- 25 to 28: logs and drafts
CREATE POLICY "logs" ON logs FOR SELECT USING (NOT (level > 3 OR kind = 'audit') AND actor IS NOT DISTINCT FROM NULL OR coalesce(actor = auth.uid(), false));
CREATE POLICY "logs by name" ON logs FOR SELECT TO authenticated USING (kind LIKE 'pub%' AND level BETWEEN 1 AND 2);
CREATE POLICY "both sides" ON drafts FOR SELECT USING (a = b OR auth.uid() IN (a, b));
CREATE POLICY "delete drafts" ON drafts FOR DELETE USING (NOT (a = b) AND auth.uid() IS NOT NULL);
-- 29 and 30: what has no translation
CREATE POLICY "guessed" ON odd FOR SELECT USING (guess());
CREATE POLICY "own odd" ON odd FOR ALL USING (owner = auth.uid());
-- of the storage
CREATE POLICY "own avatars" ON storage.objects FOR ALL TO authenticated USING (bucket_id = 'avatars' AND (storage.foldername(name))[1] = auth.uid()::text);
CREATE POLICY "all avatars" ON storage.objects FOR SELECT USING (bucket_id = 'public-files');
