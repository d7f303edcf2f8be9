package offline

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

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

// read reads what policies are made of.
func (p *Supabase) read(ctx context.Context) error {
	p.schema = &policies.Schema{Tables: map[string]*policies.Table{}, Functions: map[string]*policies.Function{}}
	p.filled = map[string]map[string]bool{}
	taken := map[string]bool{}
	for _, t := range p.tables {
		name := collectionName(t.Name, taken)
		of := &policies.Table{Name: withSchema(t.Name), Collection: name, Columns: columnsOf(t, name)}
		if len(t.Key) == 0 { // there is no collection
			of.Collection = ""
		}
		p.schema.Tables[of.Name] = of
	}
	for _, f := range []func(context.Context) error{p.readTables, p.readPolicies, p.readFunctions, p.readDefaults, p.readBuckets, p.readReferences} {
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
	if f.Folds && !f.AnyCase {
		return ""
	}
	switch {
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

// readTables reads where row-level security is on, and what roles may do at all.
func (p *Supabase) readTables(ctx context.Context) error {
	rows, err := p.catalog.Query(ctx, `
SELECT n.nspname || '.' || c.relname, c.relrowsecurity, r.rolname, k.command
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN (SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated')) r
CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) k(command)
WHERE c.relkind IN ('r', 'p', 'f') AND (has_table_privilege(r.rolname, c.oid, k.command) OR k.command <> 'DELETE' AND has_any_column_privilege(r.rolname, c.oid, k.command))`)
	if err != nil {
		return err
	}
	var name, role, command string
	var secured bool
	_, err = pgx.ForEachRow(rows, []any{&name, &secured, &role, &command}, func() error {
		t := p.schema.Tables[name]
		if t == nil && (name == objectsTable || name == bucketsTable) {
			t = &policies.Table{Name: name}
			p.schema.Tables[name] = t
		}
		if t == nil {
			return nil
		}
		if t.Grants == nil {
			t.Grants = map[string][]string{}
		}
		t.Secured = secured
		t.Grants[role] = append(t.Grants[role], command)
		return nil
	})
	return err
}

func (p *Supabase) readPolicies(ctx context.Context) error {
	rows, err := p.catalog.Query(ctx, `SELECT schemaname || '.' || tablename, policyname, permissive = 'RESTRICTIVE', roles::text[], cmd, coalesce(qual, ''), coalesce(with_check, '') FROM pg_policies ORDER BY 1, 2`)
	if err != nil {
		return err
	}
	var table string
	var one policies.Policy
	_, err = pgx.ForEachRow(rows, []any{&table, &one.Name, &one.Restrictive, &one.Roles, &one.Command, &one.Using, &one.Check}, func() error {
		if t := p.schema.Tables[table]; t != nil {
			found := one
			found.Roles = append([]string(nil), one.Roles...)
			t.Policies = append(t.Policies, found)
		}
		return nil
	})
	return err
}

// readFunctions reads those that are one SELECT.
func (p *Supabase) readFunctions(ctx context.Context) error {
	rows, err := p.catalog.Query(ctx, `
SELECT n.nspname || '.' || f.proname, coalesce(f.proargnames, '{}'), f.pronargs, coalesce(f.prosrc, ''), f.prosecdef
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
WHERE l.lanname = 'sql' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'auth', 'storage', 'extensions') AND NOT f.proretset AND f.prosrc <> ''
  AND (SELECT count(*) FROM pg_proc o WHERE o.pronamespace = f.pronamespace AND o.proname = f.proname) = 1`)
	if err != nil {
		return err
	}
	var name, body string
	var arguments []string
	var count int
	var definer bool
	_, err = pgx.ForEachRow(rows, []any{&name, &arguments, &count, &body, &definer}, func() error {
		f := &policies.Function{Body: body, Definer: definer, Parameters: make([]string, count)}
		copy(f.Parameters, arguments)
		p.schema.Functions[name] = f
		return nil
	})
	return err
}

// readDefaults finds the columns that the project fills with its user.
func (p *Supabase) readDefaults(ctx context.Context) error {
	rows, err := p.catalog.Query(ctx, `
SELECT n.nspname || '.' || c.relname, a.attname FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
WHERE pg_get_expr(d.adbin, d.adrelid) ~ '^\(*(auth\.uid\(\)|\(?SELECT auth\.uid\(\) AS uid\)?)\)*(::text)?$'`)
	if err != nil {
		return err
	}
	var table, column string
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		if p.filled[table] == nil {
			p.filled[table] = map[string]bool{}
		}
		p.filled[table][column] = true
		return nil
	})
	return err
}

func (p *Supabase) readBuckets(ctx context.Context) (err error) {
	if p.schema.Tables[objectsTable] == nil {
		return nil
	}
	rows, err := p.catalog.Query(ctx, `SELECT id FROM storage.buckets ORDER BY id`)
	if err == nil {
		p.schema.Buckets, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	return err
}

// readReferences warns of foreign keys to the accounts: those who sign up here are not in auth.users.
func (p *Supabase) readReferences(ctx context.Context) error {
	rows, err := p.catalog.Query(ctx, `
SELECT n.nspname || '.' || c.relname, format('ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, c.relname, k.conname)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class u ON u.oid = k.confrelid JOIN pg_namespace un ON un.oid = u.relnamespace
WHERE k.contype = 'f' AND un.nspname = 'auth' AND u.relname = 'users' ORDER BY 1`)
	if err != nil {
		return err
	}
	var table, statement string
	_, err = pgx.ForEachRow(rows, []any{&table, &statement}, func() error {
		if p.schema.Tables[table] != nil {
			p.warn("%s refers to auth.users, which does not have who signs up from now on: before they do, run %s", table, statement)
		}
		return nil
	})
	return err
}
