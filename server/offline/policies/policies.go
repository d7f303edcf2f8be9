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
}

// Column is a column as a field.
type Column struct {
	Field string
	// Kind is text, number, bool, time, date, json or list; empty for what cannot be compared.
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
	allow, narrow := never, always
	for _, p := range t.Policies {
		if p.Command != "ALL" && p.Command != command {
			continue
		}
		r.From = append(r.From, p.String())
		c, err := s.policy(t, p, command)
		if err != nil {
			r.Refused = append(r.Refused, fmt.Sprintf("%s: %s", p.Name, err))
			c = never // a restrictive one that is not understood lets no row pass
		}
		if p.Restrictive {
			narrow = and(narrow, or(not(roles(p.Roles)), c))
		} else {
			allow = or(allow, and(roles(p.Roles), c))
		}
	}
	r.Text = and(granted, and(allow, narrow)).text()
	return r
}

// policy is what a policy says of a command, without its roles.
func (s *Schema) policy(t *Table, p Policy, command string) (cond, error) {
	using, check := p.Using, p.Check
	if check == "" {
		check = using
	}
	out := always
	if command != "INSERT" && using != "" {
		c, err := s.condition(using, &scope{schema: s, table: t, base: "doc"})
		if err != nil {
			return never, err
		}
		out = c
	}
	if (command == "INSERT" || command == "UPDATE") && check != "" {
		c, err := s.condition(check, &scope{schema: s, table: t, base: "next"})
		if err != nil {
			return never, err
		}
		out = and(out, c)
	}
	return out, nil
}

func (s *Schema) condition(text string, in *scope) (cond, error) {
	n, err := parse(text)
	if err != nil {
		return never, err
	}
	return in.isTrue(n)
}

// granted is which callers may use a command at all.
func (t *Table) granted(command string) cond {
	var who []string
	for role, commands := range t.Grants {
		if slices.Contains(commands, command) {
			who = append(who, role)
		}
	}
	return roles(who)
}

// roles is who has one of the roles. The service has a key that passes every rule, and no caller has another role.
func roles(names []string) cond {
	out := never
	for _, name := range names {
		switch name {
		case "public":
			return always
		case "authenticated":
			out = or(out, signedIn)
		case "anon":
			out = or(out, anonymous)
		}
	}
	return out
}

// String is the policy as SQL.
func (p Policy) String() string {
	text := fmt.Sprintf("%q FOR %s", p.Name, p.Command)
	if p.Restrictive {
		text = fmt.Sprintf("%q AS RESTRICTIVE FOR %s", p.Name, p.Command)
	}
	if len(p.Roles) > 0 {
		text += " TO " + strings.Join(p.Roles, ", ")
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
