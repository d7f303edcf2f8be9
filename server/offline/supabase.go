package offline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/transfer"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/offline/policies"
)

// Supabase is a project of Supabase that comes over. Its PostgreSQL stays the database.
type Supabase struct {
	driver  db.Driver
	catalog db.CatalogReader
	tables  []db.Table // those that become collections
	schema  *policies.Schema
	filled  map[string]map[string]bool // columns whose default is auth.uid(), by table
	warned  []string
}

// objectsTable and bucketsTable are where a project has its files.
const (
	objectsTable = "storage.objects"
	bucketsTable = "storage.buckets"
)

// OpenSupabase reads the schemas of a database, such as public, that the clients of a project see.
func OpenSupabase(ctx context.Context, url string, schemas []string) (p *Supabase, err error) {
	p = &Supabase{}
	if p.driver, err = db.Open(ctx, "postgres", db.Config{URL: url}); err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	in, describes := db.As[db.Introspector](p.driver)
	var reads bool
	if p.catalog, reads = db.As[db.CatalogReader](p.driver); !describes || !reads {
		return p, errors.New("the driver of PostgreSQL cannot describe a database")
	}
	all, err := in.Introspect(ctx)
	if err != nil {
		return p, err
	}
	for _, t := range all {
		schema, _, ok := strings.Cut(t.Name, ".")
		if !ok {
			schema = "public"
		}
		if slices.Contains(schemas, schema) && !db.Internal(t.Name) {
			p.tables = append(p.tables, t)
		}
	}
	return p, p.read(ctx)
}

// Close ends the connection.
func (p *Supabase) Close() error { return p.driver.Close() }

// Configuration writes basalt.yaml: the collections with their policies as rules, each beside its SQL. It returns what a person
// has to look at.
func (p *Supabase) Configuration(w io.Writer) ([]string, error) {
	_, err := io.WriteString(w, supabaseHead+describeTablesWith("main", p.tables, p.rules)+p.storage())
	return p.warned, err
}

const supabaseHead = `# From a project of Supabase. Each rule stands below the policies that it was made of.
databases: { main: { driver: postgres, url: "${DATABASE_URL}" } }
auth:
  url: "${BASALT_URL:-http://localhost:4122}"
  tokens: { secret: "${BASALT_SECRET}", access: 1h }
  providers: { password: { min_length: 6, weak: true }, anonymous: {}, totp: { issuer: app } }
compat: { supabase: { objects: storage_objects } }
`

func (p *Supabase) warn(format string, args ...any) {
	p.warned = append(p.warned, fmt.Sprintf(format, args...))
}

// rules writes the rules of a table.
func (p *Supabase) rules(line func(string, ...any), t db.Table) {
	of := p.schema.Tables[withSchema(t.Name)]
	if t.ReadOnly {
		p.warn("%s is a view, which shows rows whatever the policies of its tables say: it is closed until it has a read rule", t.Name)
		line("    rules: {}   # a view: write its read rule")
		return
	}
	if names := p.filled[of.Name]; len(names) > 0 {
		var set []string
		for _, f := range t.Fields {
			if names[f.Name] && of.Columns[f.Name].Field != "" {
				set = append(set, of.Columns[f.Name].Field+": auth.id")
			}
		}
		line("    set: { create: { %s } }   # DEFAULT auth.uid()", strings.Join(set, ", "))
	}
	if !of.Secured {
		p.warn("%s has no row-level security: as there, everyone whom the grants name reads and writes it", t.Name)
		line("    # row-level security is off")
	}
	p.writeRules(line, of, p.schema.Rules(of))
}

func (p *Supabase) writeRules(line func(string, ...any), t *policies.Table, rules []policies.Rule) {
	line("    rules:")
	for _, r := range rules {
		for _, from := range r.From {
			line("      # %s", from)
		}
		for _, why := range r.Refused {
			line("      # NOT TRANSLATED, so that it denies: %s", strings.Join(strings.Fields(why), " "))
			p.warn("%s, %s: the policy %s", t.Name, r.Operation, why)
		}
		line("      %s: '%s'", r.Operation, strings.ReplaceAll(r.Text, "'", "''"))
	}
	for _, columns := range []struct {
		section string
		masked  map[string]string
	}{{"fields_readable", t.Masked("SELECT")}, {"fields_writable", t.Masked("INSERT", "UPDATE")}} {
		if len(columns.masked) > 0 {
			line("    %s:   # the grants name columns", columns.section)
		}
		for _, name := range slices.Sorted(maps.Keys(columns.masked)) {
			line("      %s: '%s'", name, columns.masked[name])
		}
	}
}

// storage writes the collections of buckets and their objects.
func (p *Supabase) storage() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`  storage_buckets:
    database: main
    fields:
      public: { type: bool, default: false }
      file_size_limit: { type: int }
      allowed_mime_types: { type: list, of: string }
      created_at: { type: time, default: "now()" }
      updated_at: { type: time, default: "now()" }`)
	if t := p.schema.Tables[bucketsTable]; t != nil {
		t.Columns = map[string]policies.Column{"id": {Field: "id", Kind: "text", Required: true}, "name": {Field: "id", Kind: "text", Required: true}, "public": {Field: "public", Kind: "bool"}}
		p.writeRules(line, t, p.schema.Rules(t))
	}
	line(`  storage_objects:
    database: main
    files: { max: 50MiB, images: {} }
    fields:
      bucket: { type: ref, to: storage_buckets, check: exists, required: true, on_delete: restrict }
      owner: { type: string }
    set: { create: { owner: auth.id } }`)
	if t := p.schema.Tables[objectsTable]; t != nil {
		p.writeRules(line, t, p.objectRules(t))
	}
	return b.String()
}

// objectRules are the rules of the objects: of each bucket, since the path of an object begins with its name.
func (p *Supabase) objectRules(t *policies.Table) (out []policies.Rule) {
	for _, bucket := range p.schema.Buckets {
		t.Columns = map[string]policies.Column{
			"bucket_id": {Kind: "text", Constant: &bucket}, "name": {Field: "path", Path: true, Prefix: bucket + "/"},
			"owner": {Field: "owner", Kind: "text"}, "owner_id": {Field: "owner", Kind: "text"},
		}
		for i, r := range p.schema.Rules(t) {
			within := "doc.bucket"
			switch r.Operation {
			case "create":
				within = "next.bucket"
			case "update":
				within = "doc.bucket == next.bucket && doc.bucket"
			}
			if len(out) <= i {
				out = append(out, policies.Rule{Operation: r.Operation, Text: "false", From: r.From})
			}
			for _, why := range r.Refused {
				if !slices.Contains(out[i].Refused, why) {
					out[i].Refused = append(out[i].Refused, why)
				}
			}
			if r.Text == "false" {
				continue
			}
			text := within + " == " + query.String(bucket).JSON()
			if r.Text != "true" {
				text += " && (" + r.Text + ")"
			}
			if out[i].Text != "false" {
				text = out[i].Text + " || " + text
			}
			out[i].Text = text
		}
	}
	if out == nil {
		out = p.schema.Rules(&policies.Table{Name: t.Name, Secured: true})
	}
	return out
}

// Accounts returns the accounts of the project, one after the other, with their hashes, providers and second factors.
func (p *Supabase) Accounts(ctx context.Context) (next func() (auth.Account, error), err error) {
	rows, err := catalogRows[struct{ Account json.RawMessage }](ctx, p, supabaseAccounts)
	if err != nil {
		return nil, err
	}
	var lines bytes.Buffer
	for _, r := range rows {
		lines.Write(append(r.Account, '\n'))
	}
	return transfer.Lines(&lines), nil
}

// supabaseAccounts are the accounts as [transfer.Lines] reads them. A token has what is in app_metadata as claims.
const supabaseAccounts = `
SELECT json_strip_nulls(json_build_object('id', id, 'email', nullif(email, ''), 'email_verified', email_confirmed_at IS NOT NULL,
  'password_hash', nullif(encrypted_password, ''), 'metadata', raw_user_meta_data, 'created', created_at, 'disabled', coalesce(banned_until > now(), false),
  'claims', CASE WHEN jsonb_typeof(raw_app_meta_data::jsonb) = 'object' THEN nullif(raw_app_meta_data::jsonb - 'provider' - 'providers', '{}') END,
  'totp', (SELECT secret FROM auth.mfa_factors f WHERE f.user_id = u.id AND f.factor_type::text = 'totp' AND f.status::text = 'verified' ORDER BY f.created_at LIMIT 1),
  'identities', (SELECT json_agg(json_build_object('provider', provider, 'subject', provider_id)) FROM auth.identities i WHERE i.user_id = u.id AND provider NOT IN ('email', 'phone')))) AS account
FROM auth.users u WHERE deleted_at IS NULL ORDER BY id`

// ObjectsDone says what has become of the objects of a project.
type ObjectsDone struct{ Buckets, Stored, There, Failed int }

// Objects copies the buckets and what is in them into the files of a configuration, whose tables it makes. open returns the
// bytes of an object. Those that are there already are left. Without copies, the buckets alone are made.
func (p *Supabase) Objects(ctx context.Context, path string, copies bool, open func(ctx context.Context, bucket, name string) (io.ReadCloser, error), failed func(bucket, name string, err error)) (done ObjectsDone, err error) {
	if p.schema.Tables[objectsTable] == nil {
		return done, nil
	}
	f, err := OpenFiles(ctx, path)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if done.Buckets, err = p.buckets(ctx, f, failed); err != nil || !copies {
		return done, err
	}
	type object struct{ Bucket, Name, Owner string }
	all, err := catalogRows[object](ctx, p, `SELECT bucket_id AS bucket, name, coalesce(to_jsonb(o)->>'owner_id', to_jsonb(o)->>'owner', '') AS owner FROM storage.objects o WHERE bucket_id IS NOT NULL ORDER BY bucket_id, name`)
	if err != nil {
		return done, err
	}
	dir, err := os.MkdirTemp("", "basalt-import-")
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, o := range all {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		there, err := f.copyObject(ctx, filepath.Join(dir, "object"), o.Bucket, o.Name, o.Owner, open)
		switch {
		case err != nil:
			done.Failed++
			failed(o.Bucket, o.Name, err)
		case there:
			done.There++
		default:
			done.Stored++
		}
	}
	return done, nil
}
