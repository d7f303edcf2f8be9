package offline

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/offline/policies"
)

func withSchema(table string) string {
	if strings.Contains(table, ".") {
		return table
	}
	return "public." + table
}

// catalogRows reads the rows of a SELECT, whose columns are the fields of T.
func catalogRows[T any](ctx context.Context, p *Supabase, statement string) (out []T, err error) {
	err = p.catalog.ReadCatalog(ctx, statement, func(text []byte) error {
		var row T
		err := json.Unmarshal(text, &row)
		out = append(out, row)
		return err
	})
	return out, err
}

// read reads what policies are made of.
func (p *Supabase) read(ctx context.Context) error {
	p.schema = &policies.Schema{Tables: map[string]*policies.Table{}, Functions: map[string]*policies.Function{}}
	p.filled = map[string]map[string]bool{}
	taken := map[string]bool{}
	for _, t := range p.tables {
		name := collectionName(t.Name, taken)
		of := &policies.Table{Name: withSchema(t.Name), Collection: name, Columns: columnsOf(t, name)}
		of.Unique = uniqueOf(t)
		if len(t.Key) == 0 { // there is no collection
			of.Collection = ""
		}
		p.schema.Tables[of.Name] = of
	}
	for _, f := range []func(context.Context) error{p.readPath, p.readTables, p.readColumns, p.readMembers, p.readPolicies, p.readFunctions, p.readDefaults, p.readBuckets, p.readReferences} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// columnsOf are the columns of a table as fields of its collection.
func columnsOf(t db.Table, collection string) map[string]policies.Column {
	names := fieldNames(t, collection)
	out := map[string]policies.Column{}
	for i, f := range t.Fields {
		c := policies.Column{Field: names[i], Kind: kindOf(f), Required: f.Required}
		if len(t.Key) == 1 && f.Name == t.Key[0] && !composes(t) {
			c.Field, c.Required = "id", true
		}
		out[f.Name] = c
	}
	return out
}

// kindOf is how a column is compared, empty where that differs from the database.
func kindOf(f db.TableField) string {
	switch {
	case f.AnyCase:
		return "citext"
	case f.Folds:
		return ""
	case f.Type.IsList():
		return "list"
	case f.Type == query.TypeUUID, len(f.Enum) > 0:
		return "text"
	case f.Type == query.TypeDate:
		return "date"
	}
	switch f.Type.Kind() {
	case query.KindString:
		if f.Native == "text" || f.Native == "citext" || strings.HasPrefix(f.Native, "varchar") || strings.HasPrefix(f.Native, "character varying") {
			return "text"
		}
	case query.KindInt, query.KindFloat, query.KindDecimal:
		return "number"
	case query.KindBool:
		return "bool"
	case query.KindTime:
		return "time"
	case query.KindJSON:
		return "json"
	}
	return ""
}

// uniqueOf are the columns of which no two rows have the same values.
func uniqueOf(t db.Table) [][]string {
	out := [][]string{t.Key}
	for _, f := range t.Fields {
		if f.Unique {
			out = append(out, []string{f.Name})
		}
	}
	for _, i := range t.Indexes {
		if i.Unique && i.Where == "" {
			out = append(out, i.Columns)
		}
	}
	return out
}

// readPath makes sure that names without a schema are those of public, in what the catalog prints.
func (p *Supabase) readPath(ctx context.Context) error {
	rows, err := catalogRows[struct{ First string }](ctx, p, `SELECT coalesce((current_schemas(false))[1], '') AS first`)
	if err == nil && (len(rows) != 1 || rows[0].First != "public") {
		err = errors.New("this connection finds tables in another schema before those of public: add search_path=public to its address")
	}
	return err
}

// readColumns reads where a role may use a command for some columns alone.
func (p *Supabase) readColumns(ctx context.Context) error {
	rows, err := catalogRows[struct{ Name, Role, Command, Column string }](ctx, p, `
SELECT n.nspname || '.' || c.relname AS name, r.rolname AS role, k.command, a.attname AS column
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN (SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated')) r
CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE')) k(command) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'f') AND NOT has_table_privilege(r.rolname, c.oid, k.command) AND has_column_privilege(r.rolname, c.oid, a.attnum, k.command)`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if t := p.schema.Tables[r.Name]; t != nil {
			t.Part(r.Role, r.Command, r.Column)
		}
	}
	for _, t := range p.tables {
		p.schema.Tables[withSchema(t.Name)].ShowKey(t.Key)
	}
	return nil
}

// readMembers reads which roles the two of callers have the privileges of.
func (p *Supabase) readMembers(ctx context.Context) error {
	rows, err := catalogRows[struct{ Role, Caller string }](ctx, p, `
SELECT m.rolname AS role, r.rolname AS caller FROM pg_roles m JOIN pg_roles r ON r.rolname IN ('anon', 'authenticated') AND r.rolname <> m.rolname AND pg_has_role(r.oid, m.oid, 'USAGE')`)
	p.schema.Members = map[string][]string{}
	for _, r := range rows {
		p.schema.Members[r.Role] = append(p.schema.Members[r.Role], r.Caller)
	}
	return err
}

// readTables reads where row-level security is on, and what roles may do at all.
func (p *Supabase) readTables(ctx context.Context) error {
	rows, err := catalogRows[struct {
		Name, Role, Command string
		Secured             bool
	}](ctx, p, `
SELECT n.nspname || '.' || c.relname AS name, c.relrowsecurity AS secured, r.rolname AS role, k.command
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN (SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated')) r
CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) k(command)
WHERE c.relkind IN ('r', 'p', 'f') AND (has_table_privilege(r.rolname, c.oid, k.command) OR k.command <> 'DELETE' AND has_any_column_privilege(r.rolname, c.oid, k.command))`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t := p.schema.Tables[r.Name]
		if t == nil && (r.Name == objectsTable || r.Name == bucketsTable) {
			t = &policies.Table{Name: r.Name}
			p.schema.Tables[r.Name] = t
		}
		if t == nil {
			continue
		}
		if t.Grants == nil {
			t.Grants = map[string][]string{}
		}
		t.Secured = r.Secured
		t.Grants[r.Role] = append(t.Grants[r.Role], r.Command)
	}
	return nil
}

func (p *Supabase) readPolicies(ctx context.Context) error {
	rows, err := catalogRows[struct {
		Table string
		policies.Policy
	}](ctx, p, `SELECT schemaname || '.' || tablename AS table, policyname AS name, permissive = 'RESTRICTIVE' AS restrictive, roles::text[] AS roles, cmd AS command, coalesce(qual, '') AS using, coalesce(with_check, '') AS check FROM pg_policies ORDER BY 1, 2`)
	for _, r := range rows {
		if t := p.schema.Tables[r.Table]; t != nil {
			t.Policies = append(t.Policies, r.Policy)
		}
	}
	return err
}

// readFunctions reads those that are one SELECT, and mean here what they mean there: with the names of public, for every argument,
// and, where they see all rows, by an owner who does.
func (p *Supabase) readFunctions(ctx context.Context) error {
	rows, err := catalogRows[struct {
		Name, Body string
		Arguments  []string
		Count      int
		Definer    bool
	}](ctx, p, `
SELECT n.nspname || '.' || f.proname AS name, coalesce(f.proargnames, '{}') AS arguments, f.pronargs AS count, coalesce(f.prosrc, '') AS body, f.prosecdef AS definer
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
WHERE l.lanname = 'sql' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'auth', 'storage', 'extensions') AND NOT f.proretset AND f.prosrc <> ''
  AND NOT (f.proisstrict AND f.pronargs > 0) AND (NOT f.prosecdef OR (SELECT o.rolsuper OR o.rolbypassrls FROM pg_roles o WHERE o.oid = f.proowner))
  AND NOT EXISTS (SELECT FROM unnest(f.proconfig) c WHERE c !~ '^search_path=(""|pg_catalog|(("\$user"|pg_catalog), *)*public(,.*)?)$')
  AND (SELECT count(*) FROM pg_proc o WHERE o.pronamespace = f.pronamespace AND o.proname = f.proname) = 1`)
	for _, r := range rows {
		f := &policies.Function{Body: r.Body, Definer: r.Definer, Parameters: make([]string, r.Count)}
		copy(f.Parameters, r.Arguments)
		p.schema.Functions[r.Name] = f
	}
	return err
}

// readDefaults finds the columns that the project fills with its user.
func (p *Supabase) readDefaults(ctx context.Context) error {
	rows, err := catalogRows[struct{ Table, Column string }](ctx, p, `
SELECT n.nspname || '.' || c.relname AS table, a.attname AS column FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
WHERE pg_get_expr(d.adbin, d.adrelid) ~ '^\(*(auth\.uid\(\)|\(?SELECT auth\.uid\(\) AS uid\)?)\)*(::text)?$'`)
	for _, r := range rows {
		if p.filled[r.Table] == nil {
			p.filled[r.Table] = map[string]bool{}
		}
		p.filled[r.Table][r.Column] = true
	}
	return err
}

func (p *Supabase) readBuckets(ctx context.Context) error {
	if p.schema.Tables[objectsTable] == nil {
		return nil
	}
	rows, err := catalogRows[struct{ ID string }](ctx, p, `SELECT id FROM storage.buckets ORDER BY id`)
	for _, r := range rows {
		p.schema.Buckets = append(p.schema.Buckets, r.ID)
	}
	return err
}

// readReferences warns of foreign keys to the accounts: those who sign up here are not in auth.users.
func (p *Supabase) readReferences(ctx context.Context) error {
	rows, err := catalogRows[struct{ Table, Statement string }](ctx, p, `
SELECT n.nspname || '.' || c.relname AS table, format('ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, c.relname, k.conname) AS statement
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class u ON u.oid = k.confrelid JOIN pg_namespace un ON un.oid = u.relnamespace
WHERE k.contype = 'f' AND un.nspname = 'auth' AND u.relname = 'users' ORDER BY 1`)
	for _, r := range rows {
		if p.schema.Tables[r.Table] != nil {
			p.warn("%s refers to auth.users, which does not have who signs up from now on: before they do, run %s", r.Table, r.Statement)
		}
	}
	return err
}
