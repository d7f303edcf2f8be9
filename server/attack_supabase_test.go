package server_test

import (
	"encoding/json"
	"strings"
)

// attackSupabase lets a server be asked as clients of Supabase do.
const attackSupabase = "compat: { supabase: { anon_key: anon-key-of-the-attacks, service_key: service-key-of-the-attacks } }\n"

// supabaseProbes are the probes over the third transport, by their names, and more that this one alone has.
func supabaseProbes(tag string) []probe {
	type form struct{ name, method, path, body, header, value string }
	quoted, _ := json.Marshal(tag) // a string
	list := "/rest/v1/notes?"
	var out []probe
	for _, f := range []form{
		{"get", "GET", list + "id=eq.ID", "", "Accept", "application/vnd.pgrst.object+json"},
		{"get and select", "GET", list + "id=eq.ID&select=title", "", "", ""},
		{"get if none match", "GET", list + "id=eq.ID", "", "If-None-Match", tag},
		{"list by id", "GET", list + "id=eq.ID", "", "Prefer", "count=exact"},
		{"list or", "GET", list + "or=(id.eq.ID,stars.eq.7,title.not.is.null)&id=eq.ID", "", "", ""},
		{"list, not", "GET", list + "id=not.neq.ID", "", "", ""},
		{"list, the other's owner", "GET", list + "or=(owner.eq.b,id.eq.ID)", "", "", ""},
		{"list, count", "HEAD", list + "id=eq.ID", "", "Prefer", "count=planned"},
		{"list, sort", "GET", list + "id=eq.ID&order=stars.desc,title", "", "Range", "0-0"},
		{"list, offset", "GET", list + "id=eq.ID&offset=1", "", "", ""},
		{"query, path", "GET", list + "id=eq.ID&tags->k->>0=eq.x", "", "", ""},
		{"query, contained", "GET", list + `id=eq.ID&tags=cs.{"k":["x"]}`, "", "", ""},
		{"query, pattern", "GET", list + "id=eq.ID&title=ilike.HID*", "", "", ""},
		{"query, any", "GET", list + "id=eq(any).{ID,x}", "", "", ""},
		{"aggregate", "GET", list + "id=eq.ID&select=count(),stars.sum(),title.max()", "", "", ""},
		{"aggregate, groups", "GET", list + "id=eq.ID&select=owner,title,count()", "", "", ""},
		{"csv", "GET", list + "id=eq.ID", "", "Accept", "text/csv"},
		{"plan", "GET", list + "id=eq.ID", "", "Accept", "application/vnd.pgrst.plan+json"},
		{"update", "PATCH", list + "id=eq.ID", `{"title":"x"}`, "Prefer", "return=representation"},
		{"update, counted", "PATCH", list + "id=eq.ID", `{"title":"x"}`, "Prefer", "count=exact"},
		{"update, one", "PATCH", list + "id=eq.ID", `{"title":"x"}`, "Accept", "application/vnd.pgrst.object+json"},
		{"update, nothing", "PATCH", list + "id=eq.ID", `{}`, "Prefer", "return=representation"},
		{"update, at most", "PATCH", list + "id=eq.ID", `{"title":"x"}`, "Prefer", "handling=strict,max-affected=0"},
		{"update, rolled back", "PATCH", list + "id=eq.ID", `{"title":"x"}`, "Prefer", "tx=rollback,return=representation"},
		{"update, if match", "PATCH", list + "id=eq.ID", `{"title":"x"}`, "If-Match", tag},
		{"update, invalid", "PATCH", list + "id=eq.ID", `{"stars":-1}`, "", ""},
		{"update, computed", "PATCH", list + "id=eq.ID", `{"stars":{"$inc":1}}`, "Prefer", "return=representation"},
		{"bulk update", "PATCH", list + "or=(id.eq.ID,owner.eq.b)", `{"title":"x"}`, "Prefer", "return=representation,count=exact"},
		{"delete", "DELETE", list + "id=eq.ID", "", "Prefer", "return=representation"},
		{"delete, if match", "DELETE", list + "id=eq.ID", "", "If-Match", tag},
		{"bulk delete", "DELETE", list + "or=(id.eq.ID,owner.eq.b)", "", "Prefer", "count=exact"},
		{"batch update", "POST", "/rest/v1/rpc/batch", `{"ops":[{"op":"update","collection":"notes","id":"ID","doc":{"title":"x"}}]}`, "", ""},
		{"batch delete", "POST", "/rest/v1/rpc/batch", `{"ops":[{"op":"delete","collection":"notes","id":"ID","if_match":` + string(quoted) + `}]}`, "", ""},
		{"broadcast", "POST", "/realtime/v1/api/broadcast", `{"messages":[{"topic":"ID","event":"e","payload":{}}]}`, "", ""},
		{"file", "GET", "/storage/v1/object/notes/ID", "", "", ""},
		{"function", "POST", "/functions/v1/ID", `{}`, "", ""},
	} {
		out = append(out, probe{name: f.name, supabase: func(id string) call {
			c := call{Method: f.method, Path: strings.ReplaceAll(f.path, "ID", id), Body: strings.ReplaceAll(f.body, "ID", id), Header: map[string]string{"apikey": "anon-key-of-the-attacks"}}
			c.Path = strings.NewReplacer(`"`, "%22", ">", "%3E", "{", "%7B", "}", "%7D").Replace(c.Path)
			if f.header != "" {
				c.Header[f.header] = f.value
			}
			return c
		}})
	}
	return out
}
