// Package policies translates row-level security of PostgreSQL into rules: the conditions of policies, as the catalog prints
// them, with the functions and lookups that policies of Supabase are made of.
//
// A condition becomes a rule that is true for the same rows, in the logic of SQL with its three values, or it is refused with
// the reason: nothing is guessed. It is not for SQL in general, and reads no database.
package policies

import (
	"fmt"
	"slices"
	"strings"
)

// Schema is what policies may name.
type Schema struct {
	Tables    map[string]*Table // by "schema.table"
	Functions map[string]*Function
	Buckets   []string // of the storage
	// Members are the callers that have the privileges of another role, such as staff: authenticated.
	Members map[string][]string
}

// Table is a table with its policies.
type Table struct {
	Name       string // with its schema
	Collection string
	Columns    map[string]Column
	// Secured is true where row-level security is on.
	Secured  bool
	Policies []Policy
	// Grants has the commands that a role may use at all, such as anon: SELECT.
	Grants map[string][]string
	// Parts has the columns of which a role may use a command, where that is not all of them: by role and command.
	Parts map[string]map[string][]string
	// Unique are the columns of which no two rows have the same values.
	Unique [][]string
}

// Column is a column as a field.
type Column struct {
	Field string
	// Kind is text, citext, number, bool, time, date, json or list; empty for what cannot be compared.
	Kind string
	// Required is true for a column that is never null.
	Required bool
	// Constant is the value that the column has in this collection; nil where it is a field.
	Constant *string
	// Path is true for the name of an object of the storage, and Prefix is what stands before that name in the field.
	Path   bool
	Prefix string
}

// Policy is one as pg_policies has it.
type Policy struct {
	Name        string
	Restrictive bool
	Roles       []string
	Command     string // ALL, SELECT, INSERT, UPDATE or DELETE
	Using       string
	Check       string
}

// Function is one in the language SQL that policies call.
type Function struct {
	Parameters []string
	Body       string
	// Definer is true for SECURITY DEFINER, which sees all rows.
	Definer bool
}

// Rule is what a table says of one operation.
type Rule struct {
	Operation string // read, create, update or delete
	Text      string
	// From are the policies as they were, and Refused why some of them have no translation: the rule denies what they allow.
	From    []string
	Refused []string
}

var operations = []struct{ name, command string }{{"read", "SELECT"}, {"create", "INSERT"}, {"update", "UPDATE"}, {"delete", "DELETE"}}

// Rules translates the policies of a table.
func (s *Schema) Rules(t *Table) []Rule {
	out := make([]Rule, len(operations))
	for i, o := range operations {
		out[i] = s.rule(t, o.name, o.command)
	}
	return out
}

func (s *Schema) rule(t *Table, name, command string) Rule {
	r := Rule{Operation: name}
	granted := t.granted(command)
	if !t.Secured {
		r.Text = granted.text()
		return r
	}
	out := granted
	if command != "INSERT" {
		out = and(out, s.allowed(t, command, "doc", false, &r))
	}
	if command == "INSERT" || command == "UPDATE" {
		out = and(out, s.allowed(t, command, "next", true, &r))
	}
	if command == "UPDATE" { // which finds its row by a column, so that who changes it has to see it, before and after
		out = and(out, s.allowed(t, "SELECT", "next", false, &Rule{}))
	}
	r.Text = out.text()
	return r
}

// allowed is what the policies of a command say of a row: of a new one, where checked is true.
func (s *Schema) allowed(t *Table, command, base string, checked bool, r *Rule) cond {
	allow, narrow := never, always
	for _, p := range t.Policies {
		if p.Command != "ALL" && p.Command != command {
			continue
		}
		if from := p.String(); !slices.Contains(r.From, from) {
			r.From = append(r.From, from)
		}
		text := p.Using
		if checked && p.Check != "" {
			text = p.Check
		}
		if text == "" { // as in the database: without a condition, a policy neither allows nor narrows
			continue
		}
		c, err := s.condition(text, &scope{schema: s, table: t, base: base})
		if err != nil {
			if why := fmt.Sprintf("%s: %s", p.Name, err); !slices.Contains(r.Refused, why) {
				r.Refused = append(r.Refused, why)
			}
			c = never // a restrictive one that is not understood lets no row pass
		}
		who := s.callers(p.Roles)
		if p.Restrictive {
			narrow = and(narrow, or(not(who), c))
		} else {
			allow = or(allow, and(who, c))
		}
	}
	return and(allow, narrow)
}

// condition translates a condition with what it needs besides, see [scope.need].
func (s *Schema) condition(text string, in *scope) (cond, error) {
	n, err := parse(text)
	if err != nil {
		return never, err
	}
	needs := always
	in.needs = &needs
	c, err := in.isTrue(n)
	return and(needs, c), err
}

// String is the policy as SQL.
func (p Policy) String() string {
	text := fmt.Sprintf("%q FOR %s", p.Name, p.Command)
	if p.Restrictive {
		text = fmt.Sprintf("%q AS RESTRICTIVE FOR %s", p.Name, p.Command)
	}
	if len(p.Roles) > 0 {
		text += " TO " + oneLine(strings.Join(p.Roles, ", "))
	}
	if p.Using != "" {
		text += " USING (" + oneLine(p.Using) + ")"
	}
	if p.Check != "" {
		text += " WITH CHECK (" + oneLine(p.Check) + ")"
	}
	return text
}

func oneLine(sql string) string { return strings.Join(strings.Fields(sql), " ") }
