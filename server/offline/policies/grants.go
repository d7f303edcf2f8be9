package policies

import "slices"

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

// looked is which callers may look a row up: those who may read all columns.
func (t *Table) looked() cond {
	var who []string
	for role, commands := range t.Grants {
		if _, some := t.Parts[role]["SELECT"]; !some && slices.Contains(commands, "SELECT") {
			who = append(who, role)
		}
	}
	return roles(who)
}

// Part adds a column for which a role may use a command, where that is not all of them.
func (t *Table) Part(role, command, column string) {
	if t.Parts == nil {
		t.Parts = map[string]map[string][]string{}
	}
	if t.Parts[role] == nil {
		t.Parts[role] = map[string][]string{}
	}
	t.Parts[role][command] = append(t.Parts[role][command], column)
}

// ShowKey takes the right to read from those who may not read the key, since documents have their ids.
func (t *Table) ShowKey(columns []string) {
	for role, parts := range t.Parts {
		if part, some := parts["SELECT"]; some && slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(part, c) }) {
			t.Grants[role] = slices.DeleteFunc(t.Grants[role], func(command string) bool { return command == "SELECT" })
		}
	}
}

// Masked are the fields of which not all who may use the commands may use them, each with who may.
func (t *Table) Masked(commands ...string) map[string]string {
	out := map[string]string{}
	for name, c := range t.Columns {
		if c.Field == "" || c.Field == "id" {
			continue
		}
		who := always
		for _, command := range commands {
			may := never
			for _, role := range []string{"anon", "authenticated"} {
				part, some := t.Parts[role][command]
				// Who may not use the command at all is refused by the rule.
				if !some || slices.Contains(part, name) || !slices.Contains(t.Grants[role], command) {
					may = or(may, roles([]string{role}))
				}
			}
			who = and(who, may)
		}
		if !who.equal(always) {
			out[c.Field] = who.text()
		}
	}
	return out
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

// callers is who has one of the roles, or the privileges of one.
func (s *Schema) callers(names []string) cond {
	out := roles(names)
	for _, name := range names {
		out = or(out, roles(s.Members[name]))
	}
	return out
}
