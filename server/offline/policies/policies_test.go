package policies

import (
	"strings"
	"testing"
)

func schema() *Schema {
	all := map[string][]string{"anon": {"SELECT", "INSERT", "UPDATE", "DELETE"}, "authenticated": {"SELECT", "INSERT", "UPDATE", "DELETE"}}
	return &Schema{
		Tables: map[string]*Table{
			"public.notes": {Name: "public.notes", Collection: "notes", Secured: true, Grants: all, Columns: map[string]Column{
				"id": {Field: "id", Kind: "number", Required: true}, "owner": {Field: "owner", Kind: "text"}, "editor": {Field: "editor", Kind: "text"}, "team": {Field: "team", Kind: "number"},
				"state": {Field: "state", Kind: "text"}, "stars": {Field: "stars", Kind: "number"}, "done": {Field: "done", Kind: "bool"}, "due": {Field: "due", Kind: "time"},
				"readers": {Field: "readers", Kind: "list"}, "meta": {Field: "meta", Kind: "json"}, "place": {Field: "place"}, "mail": {Field: "mail", Kind: "citext"},
			}},
			"public.members": {Name: "public.members", Collection: "members", Secured: true, Grants: all, Columns: map[string]Column{
				"team": {Field: "team", Kind: "number"}, "person": {Field: "person", Kind: "text"}, "role": {Field: "role", Kind: "text"}, "active": {Field: "active", Kind: "bool"}, "until": {Field: "until", Kind: "time"},
			}, Policies: []Policy{{Name: "own", Command: "SELECT", Roles: []string{"public"}, Using: "(person = auth.uid())"}}},
			"public.plans":  {Name: "public.plans", Collection: "plans", Grants: all, Unique: [][]string{{"person"}}, Columns: map[string]Column{"person": {Field: "person", Kind: "text"}, "name": {Field: "name", Kind: "text"}}},
			"public.hidden": {Name: "public.hidden", Collection: "hidden", Columns: map[string]Column{"person": {Field: "person", Kind: "text"}}}, // callers may not read it
			"public.inner":  {Name: "public.inner", Collection: "inner", Grants: map[string][]string{"authenticated": {"SELECT"}}, Columns: map[string]Column{"person": {Field: "person", Kind: "text"}, "level": {Field: "level", Kind: "text"}}},
		},
		Functions: map[string]*Function{
			"public.mine":   {Parameters: []string{"who"}, Body: "SELECT who = auth.uid()"},
			"public.editor": {Parameters: []string{""}, Body: "select exists (select 1 from members where team = $1 and person = auth.uid() and role = 'editor')", Definer: true},
			"public.loop":   {Body: "SELECT loop()"},
			"public.role":   {Body: "SELECT role FROM members WHERE person = auth.uid() LIMIT 1", Definer: true},
			"public.sees":   {Body: "SELECT EXISTS (SELECT 1 FROM hidden WHERE person = auth.uid())", Definer: true},
		},
	}
}

// TestPolicies_BecomeRules: what is true for the same rows in the logic of SQL, and nothing that is guessed.
func TestPolicies_BecomeRules(t *testing.T) {
	t.Parallel()
	const own = "doc.owner == auth.id"
	for condition, want := range map[string]string{
		"true":                                           "true",
		"false":                                          "false",
		"NULL::boolean":                                  "!",
		"(auth.uid() = owner)":                           "auth.id == doc.owner",
		"(( SELECT auth.uid() AS uid) = owner)":          "auth.id == doc.owner",
		"(owner = (auth.uid())::text)":                   own,
		"(auth.uid() <> owner)":                          "auth != nil && doc.owner != nil && auth.id != doc.owner",
		"(NOT (owner = auth.uid()))":                     "doc.owner != nil && auth != nil && doc.owner != auth.id",
		"(owner = editor)":                               "doc.owner != nil && doc.owner == doc.editor",
		"(NOT ((owner = editor) OR done))":               "doc.owner != nil && doc.editor != nil && doc.owner != doc.editor && doc.done == false",
		"(done IS NOT TRUE)":                             "!(doc.done == true)",
		"COALESCE(done, false)":                          "doc.done == true",
		"COALESCE(done, true)":                           "!(doc.done == false)",
		"(owner IS NULL)":                                "doc.owner == nil",
		"(auth.uid() IS NOT NULL)":                       "auth != nil",
		"(state = 'a''b'::text)":                         `doc.state == "a'b"`,
		"(state = ANY (ARRAY['a'::text, 'b'::text]))":    `doc.state == "a" || doc.state == "b"`,
		"(state <> ALL (ARRAY['a'::text]))":              "!",
		`(state = 'a\u003c<>&"'::text)`:                  `doc.state == "a\\u003c<>&\""`,
		"((stars >= 3) AND (stars < '10'::numeric))":     "doc.stars >= 3 && doc.stars < 10",
		"(state < 'b'::text)":                            "!",
		"(due > (now() - '7 days'::interval))":           `doc.due > now() - duration("168h")`,
		"(due > (now() - '1 mon'::interval))":            "!",
		"(state ~~ 'pub%'::text)":                        `like(doc.state, "pub%")`,
		"(state !~~* 'x_'::text)":                        `doc.state != nil && !ilike(doc.state, "x_")`,
		"(state ~ 'x'::text)":                            "!",
		"(auth.role() = 'authenticated'::text)":          "auth != nil",
		"(auth.role() = 'service_role'::text)":           "false",
		"((auth.jwt() ->> 'role'::text) = 'anon'::text)": "auth == nil",
		"(((auth.jwt() -> 'app_metadata'::text) ->> 'plan'::text) = 'pro'::text)":  `auth.plan == "pro"`,
		"(((auth.jwt() -> 'user_metadata'::text) ->> 'plan'::text) = 'pro'::text)": "!",
		"((auth.jwt() ->> 'iss'::text) = 'x'::text)":                               "!",
		"(((auth.jwt() -> 'app_metadata'::text) -> 'teams'::text) ? owner)":        "doc.owner in auth.teams",
		"(auth.uid() = ANY (readers))":                                             "auth.id in doc.readers",
		"((meta ->> 'owner'::text) = (auth.uid())::text)":                          "doc.meta.owner == auth.id",
		"((meta ->> 'owner'::text) <> 'x'::text)":                                  "!",
		"(place = 'x'::text)":                                                      "!",
		"(team = owner)":                                                           "!",
		"mine(owner)":                                                              own,
		"editor(team)":                                                             `exists("members", {"team": doc.team, "person": auth.id, "role": "editor"})`,
		"loop()":                                                                   "!",
		"other()":                                                                  "!",
		"(EXISTS ( SELECT 1 FROM members m WHERE ((m.team = notes.team) AND (m.person = auth.uid()))))": `exists("members", {"team": doc.team, "person": auth.id})`,
		// The policies of members show one's own rows alone, which lookups of rules do not know.
		"(EXISTS ( SELECT 1 FROM members m WHERE (m.team = notes.team)))":                                        `exists("members", {"team": doc.team, "person": auth.id})`,
		"(NOT (EXISTS ( SELECT 1 FROM members m WHERE (m.team = notes.team))))":                                  `!exists("members", {"team": doc.team, "person": auth.id})`,
		"(team IN ( SELECT members.team FROM members WHERE ((members.person = auth.uid()) AND members.active)))": `exists("members", {"person": auth.id, "active": true, "team": doc.team})`,
		"(NOT (team IN ( SELECT members.team FROM members)))":                                                    "!",
		"(EXISTS ( SELECT 1 FROM plans p WHERE ((p.person = auth.uid()) AND (p.name <> 'free'::text))))":         `exists("plans", {"person": auth.id, "name": {"$nin": [nil, "free"]}})`,
		"(( SELECT plans.name FROM plans WHERE (plans.person = auth.uid())) = 'pro'::text)":                      `exists("plans", {"person": auth.id, "name": "pro"})`,
		"(EXISTS ( SELECT 1 FROM (members m JOIN plans p ON ((p.person = m.person)))))":                          "!",
		"(EXISTS ( SELECT 1 FROM plans p WHERE ((p.person = auth.uid()) OR (p.name = notes.state))))":            `exists("plans", {"person": auth.id}) || exists("plans", {"name": doc.state})`,
		"(EXISTS ( SELECT 1 FROM nowhere))":                                                                      "!",
		// A value of json may be no text: `true` is not "true" here.
		"(((auth.jwt() -> 'app_metadata'::text) ->> 'banned'::text) <> 'true'::text)":                                       "!",
		"((((auth.jwt() -> 'app_metadata'::text) ->> 'banned'::text) = 'true'::text) IS NOT TRUE)":                          "!",
		"(NOT (((auth.jwt() -> 'app_metadata'::text) ->> 'banned'::text) = 'true'::text))":                                  "!",
		"COALESCE(((meta ->> 'n'::text) <> '5'::text), true)":                                                               "!",
		"((meta ->> 'n'::text) IS DISTINCT FROM '5'::text)":                                                                 "!",
		"(((meta ->> 'n'::text) = '5'::text) IS NOT TRUE)":                                                                  "!",
		"(NOT (EXISTS ( SELECT 1 FROM plans p WHERE (p.name = ((auth.jwt() -> 'app_metadata'::text) ->> 'level'::text)))))": "!",
		"(NOT (EXISTS ( SELECT 1 FROM plans p WHERE ((p.name = 'x'::text) AND ((notes.meta ->> 'n'::text) = '5'::text)))))": "!",
		// The claims that the server writes are not those of app_metadata.
		"(((auth.jwt() -> 'app_metadata'::text) ->> 'email'::text) = 'boss@example.com'::text)": "!",
		"(((auth.jwt() -> 'app_metadata'::text) ->> 'id'::text) = owner)":                       "!",
		"(((auth.jwt() -> 'app_metadata'::text) ->> 'aal'::text) = 'aal2'::text)":               "!",
		// Whoever signs up says which address is theirs.
		"(state = auth.email())":                    "auth.email_verified == true && doc.state == auth.email",
		"((auth.jwt() ->> 'email'::text) = state)":  "auth.email_verified == true && auth.email == doc.state",
		"(done OR (mail = (auth.email())::citext))": "auth.email_verified == true && (doc.done == true || doc.mail == auth.email)",
		// What folds letters, or cuts texts, compares in another way.
		"((mail)::text = auth.email())":                  "!",
		"(mail = 'Ann@example.com'::citext)":             `doc.mail == "Ann@example.com"`,
		"((owner)::citext <> 'banned'::citext)":          "!",
		"((owner)::character varying(3) <> 'abc'::text)": "!",
		"(owner <> 'abcdef'::\"char\")":                  "!",
		"(mail !~~ 'x%'::text)":                          "!",
		"(1 <> 1.0)":                                     "!",
		"(state = '${HOME}'::text)":                      "!",
		"(\"notes.owner\" = auth.uid())":                 "!",
		"\"auth.role\"()":                                "!",
		// Of several rows, nobody knows which one counts.
		"(( SELECT members.role FROM members WHERE (members.person = auth.uid())) = 'editor'::text)":   "!",
		"(( SELECT members.active FROM members WHERE (members.person = auth.uid())))":                  "!",
		"(( SELECT (members.role = 'editor'::text) FROM members WHERE (members.person = auth.uid())))": "!",
		"(( SELECT plans.name FROM plans WHERE ((plans.person = auth.uid()) OR true)) = 'pro'::text)":  "!",
		"(role() = 'editor'::text)": "!",
		"(EXISTS ( SELECT max(members.team) AS max FROM members WHERE (members.person = auth.uid())))":       "!",
		"(NOT (EXISTS ( SELECT max(members.team) AS max FROM members WHERE (members.person = auth.uid()))))": "!",
		// The database refuses lookups in what a caller may not read.
		"(EXISTS ( SELECT 1 FROM hidden WHERE (hidden.person = auth.uid())))":       "!",
		"(NOT (EXISTS ( SELECT 1 FROM hidden WHERE (hidden.person = auth.uid()))))": "!",
		"sees()": `exists("hidden", {"person": auth.id})`,
		"(EXISTS ( SELECT 1 FROM \"inner\" i WHERE (i.person = notes.owner)))":       `auth != nil && exists("inner", {"person": doc.owner})`,
		"(NOT (EXISTS ( SELECT 1 FROM \"inner\" i WHERE (i.person = notes.owner))))": `auth != nil && !exists("inner", {"person": doc.owner})`,
		"CASE WHEN done THEN true ELSE false END":                                    "!",
		"(owner = auth.uid()":                                        "!",
		"(owner = auth.uid()) garbage":                               "!",
		strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200): "!",
	} {
		s := schema()
		c, err := s.condition(condition, &scope{schema: s, table: s.Tables["public.notes"], base: "doc"})
		switch {
		case want == "!" && err == nil && !c.equal(never):
			t.Errorf("%s is taken for %s", condition, c.text())
		case want != "!" && err != nil:
			t.Errorf("%s: %v", condition, err)
		case want != "!" && c.text() != want:
			t.Errorf("%s is %s, not %s", condition, c.text(), want)
		}
	}
}

// TestRules_OfSeveralPolicies: permissive ones allow, restrictive ones narrow, and one that is not understood denies.
func TestRules_OfSeveralPolicies(t *testing.T) {
	t.Parallel()
	own := Policy{Name: "own", Command: "ALL", Roles: []string{"authenticated"}, Using: "(owner = auth.uid())"}
	for name, c := range map[string]struct {
		policies []Policy
		want     map[string]string
	}{
		"none":                    {nil, map[string]string{"read": "false", "create": "false", "update": "false", "delete": "false"}},
		"using for a check":       {[]Policy{own}, map[string]string{"read": "auth != nil && doc.owner == auth.id", "create": "auth != nil && next.owner == auth.id", "update": "auth != nil && doc.owner == auth.id && next.owner == auth.id", "delete": "auth != nil && doc.owner == auth.id"}},
		"a check of its own":      {[]Policy{{Name: "r", Command: "SELECT", Roles: []string{"public"}, Using: "true"}, {Name: "u", Command: "UPDATE", Roles: []string{"public"}, Using: "(owner = auth.uid())", Check: "(state = 'a'::text)"}}, map[string]string{"read": "true", "update": `doc.owner == auth.id && next.state == "a"`}},
		"changes, and none reads": {[]Policy{{Name: "u", Command: "UPDATE", Roles: []string{"public"}, Using: "true"}}, map[string]string{"read": "false", "update": "false"}},
		"two that allow":          {[]Policy{own, {Name: "all", Command: "SELECT", Roles: []string{"anon"}, Using: "true"}}, map[string]string{"read": "(auth != nil && doc.owner == auth.id) || auth == nil", "delete": "auth != nil && doc.owner == auth.id"}},
		"one that narrows":        {[]Policy{own, {Name: "done", Restrictive: true, Command: "SELECT", Roles: []string{"public"}, Using: "(NOT done)"}}, map[string]string{"read": "auth != nil && doc.owner == auth.id && doc.done == false"}},
		"no condition":            {[]Policy{{Name: "x", Command: "ALL", Roles: []string{"public"}, Check: "(owner = auth.uid())"}}, map[string]string{"read": "false", "create": "next.owner == auth.id", "update": "false", "delete": "false"}},
		"no condition at all":     {[]Policy{{Name: "x", Command: "SELECT", Roles: []string{"public"}}, {Name: "y", Command: "INSERT", Roles: []string{"public"}}}, map[string]string{"read": "false", "create": "false"}},
		"narrows with none":       {[]Policy{own, {Name: "x", Restrictive: true, Command: "ALL", Roles: []string{"public"}}}, map[string]string{"read": "auth != nil && doc.owner == auth.id"}},
		"narrows who is a member": {[]Policy{own, {Name: "x", Restrictive: true, Command: "ALL", Roles: []string{"staff"}, Using: "done"}}, map[string]string{"read": "auth != nil && doc.owner == auth.id && (auth == nil || doc.done == true)"}},
		"allows who is a member":  {[]Policy{{Name: "x", Command: "SELECT", Roles: []string{"staff"}, Using: "done"}}, map[string]string{"read": "auth != nil && doc.done == true"}},
		"to change is to see":     {[]Policy{{Name: "r", Command: "SELECT", Roles: []string{"public"}, Using: "(NOT done)"}, {Name: "u", Command: "UPDATE", Roles: []string{"public"}, Using: "(owner = auth.uid())"}}, map[string]string{"update": "doc.owner == auth.id && next.owner == auth.id && next.done == false"}},
		"narrows alone":           {[]Policy{{Name: "done", Restrictive: true, Command: "SELECT", Roles: []string{"public"}, Using: "done"}}, map[string]string{"read": "false"}},
		"allows, not understood":  {[]Policy{own, {Name: "odd", Command: "SELECT", Roles: []string{"public"}, Using: "odd()"}}, map[string]string{"read": "auth != nil && doc.owner == auth.id"}},
		"narrows, not understood": {[]Policy{own, {Name: "odd", Restrictive: true, Command: "SELECT", Roles: []string{"public"}, Using: "odd()"}}, map[string]string{"read": "false", "delete": "auth != nil && doc.owner == auth.id"}},
		"of other roles":          {[]Policy{{Name: "x", Command: "ALL", Roles: []string{"service_role", "dashboard"}, Using: "true"}}, map[string]string{"read": "false"}},
	} {
		s := schema()
		s.Members = map[string][]string{"staff": {"authenticated"}}
		table := s.Tables["public.notes"]
		table.Policies = c.policies
		for _, r := range s.Rules(table) {
			if want, ok := c.want[r.Operation]; ok && r.Text != want {
				t.Errorf("%s: %s is %s, not %s", name, r.Operation, r.Text, want)
			}
			odd := strings.Contains(name, "not understood") && r.Operation == "read"
			if odd != (len(r.Refused) > 0) {
				t.Errorf("%s: %s refuses %q", name, r.Operation, r.Refused)
			}
		}
	}
	s := schema()
	table := s.Tables["public.notes"]
	table.Policies, table.Grants = []Policy{{Name: "all", Command: "ALL", Roles: []string{"public"}, Using: "true"}}, map[string][]string{"authenticated": {"SELECT"}}
	if r := s.Rules(table); r[0].Text != "auth != nil" || r[1].Text != "false" {
		t.Errorf("the grants narrow to %+v", r)
	}
}

// TestMasked_ColumnsOfGrants: a grant of columns is one of fields.
func TestMasked_ColumnsOfGrants(t *testing.T) {
	t.Parallel()
	both := map[string][]string{"anon": {"SELECT"}, "authenticated": {"SELECT", "UPDATE"}}
	table := &Table{Grants: both, Columns: map[string]Column{"k": {Field: "id"}, "a": {Field: "a"}, "b": {Field: "b"}}}
	table.Part("anon", "SELECT", "k")
	table.Part("anon", "SELECT", "a")
	table.Part("authenticated", "UPDATE", "a")
	table.ShowKey([]string{"k"})
	if got := table.Masked("SELECT"); len(got) != 1 || got["b"] != "auth != nil" {
		t.Errorf("readable are %v", got)
	}
	if got := table.Masked("INSERT", "UPDATE"); len(got) != 1 || got["b"] != "auth == nil" { // who has no grant is refused by the rule
		t.Errorf("writable are %v", got)
	}
	if table.ShowKey([]string{"b"}); len(table.Grants["anon"]) != 0 || len(table.Grants["authenticated"]) != 2 {
		t.Errorf("who may not read the key has %v", table.Grants)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"(auth.uid() = owner)", "(EXISTS ( SELECT 1 FROM members m WHERE (m.team = notes.team)))", "a IS NOT DISTINCT FROM b[1]::text"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := schema()
		_, _ = s.condition(text, &scope{schema: s, table: s.Tables["public.notes"], base: "doc"}) // it ends, and does not panic
	})
}
