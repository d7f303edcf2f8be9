package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// memberTypes have json fields with declared members.
var memberTypes = []fieldType{
	{
		name: "members",
		fields: `n: { type: int }, address: { type: json, fields: {
      city: { type: string, required: true, min: 2 }, zip: { type: string, pattern: "^[0-9]{5}$" }, kind: { type: string, enum: [home, work], default: home },
      visits: { type: int, min: 0 }, geo: { type: json, fields: { lat: { type: float, required: true }, lon: { type: float } } },
      since: { type: time }, seen: { type: date }, owner: { type: uuid }, tags: { type: list, of: string, max: 3 }, id: { type: string } } },
      meta: { type: json, open: true, fields: { color: { type: string }, at: { type: time, default: "now()" } } }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","address":{"city":"Bonn","zip":"53111","visits":2.0,"geo":{"lat":50},"since":"2026-01-01T01:00:00+01:00","seen":"2026-02-28","owner":"AAAAAAAA111141118111111111111111","tags":["x"],"id":"any"}}`, 201,
				`"since":"2026-01-01T00:00:00.000000Z"`},
			{"GET", "/a", "", 200, `"owner":"aaaaaaaa-1111-4111-8111-111111111111"`},
			{"GET", "/a", "", 200, `"visits":2`},
			{"GET", "/a", "", 200, `"kind":"home"`},
			{"GET", "/a", "", 200, `"id":"any"`},
			{"GET", "/a", "", 200, `"meta":null`},
			{"POST", "", `{"id":"b","address":{"city":"Köln","kind":"work","visits":null},"meta":{"color":"red","else":[1],"at":"2026-01-01T00:00:00Z"}}`, 201, `"at":"2026-01-01T00:00:00.000000Z"`},
			{"POST", "", `{"id":"c"}`, 201, `"address":null,"meta":null`},
			{"POST", "", `{"address":{"citi":"x"}}`, 422, `{"field":"address.citi","code":"unknown_field","detail":"there is no field \"citi\" in address; did you mean \"city\"?"}`},
			{"POST", "", `{"address":{"zip":"53111"}}`, 422, `{"field":"address.city","code":"required"`},
			{"POST", "", `{"address":{"city":3,"geo":{"lat":"x","alt":1}}}`, 422, `{"field":"address.city","code":"type","detail":"expected a string"},{"field":"address.geo.lat","code":"type","detail":"expected a number"},{"field":"address.geo.alt","code":"unknown_field"`},
			{"POST", "", `{"address":{"city":"x","zip":"1","visits":-1,"kind":"w","geo":{}}}`, 422, `{"field":"address.city","code":"min"`},
			{"POST", "", `{"address":{"city":"x","zip":"1","visits":-1,"kind":"w","geo":{}}}`, 422, `{"field":"address.geo.lat","code":"required"`},
			{"POST", "", `{"address":"Bonn"}`, 422, `{"field":"address","code":"type","detail":"expected an object"}`},
			{"POST", "", `{"address":["Bonn"]}`, 422, `expected an object`},
			{"POST", "", `[{"address":{"city":"Ulm"}},{"address":{"city":"Ulm","since":"soon"}}]`, 422, `{"field":"[1].address.since","code":"type"`},
			{"PATCH", "/a", `{"address":{"city":"Jena"}}`, 200, `"city":"Jena"`},
			{"PATCH", "/a", `{"address.city":"Gera","address.seen":{"$now":true}}`, 200, `"city":"Gera"`},
			{"PATCH", "/a", `{"address.seen":"2026-02-28"}`, 200, `"seen":"2026-02-28"`},
			{"PATCH", "/a", `{"address.citi":"x"}`, 422, `{"field":"address.citi","code":"unknown_field"`},
			{"PATCH", "/a", `{"address":{"geo":{"lat":"x"}}}`, 422, `{"field":"address.geo.lat","code":"type"`},
			{"PATCH", "/a", `{"address":{"city":null}}`, 422, `{"field":"address.city","code":"required"`},
			{"GET", `?filter=address.zip == "53111"`, "", 200, `[a]`},
			{"PATCH", "/a", `{"address":{"zip":null}}`, 200, `"city":"Gera"`},
			{"GET", `?filter=address.zip == "53111"`, "", 200, `[]`},
			{"PATCH", "/a", `{"address.visits":{"$inc":3}}`, 200, `"visits":5`},
			{"PATCH", "/a", `{"address.visits":{"$inc":-9}}`, 422, `{"field":"address.visits","code":"min"`},
			{"PATCH", "/a", `{"address.visits":{"$inc":1.5}}`, 422, `{"field":"address.visits","code":"type"`},
			{"PATCH", "/a", `{"address.city":{"$inc":1}}`, 422, `$inc cannot change a member of type string`},
			{"PATCH", "/a", `{"address":{"tags":{"$push":"y"}}}`, 200, `"tags":["x","y"]`},
			{"PATCH", "/a", `{"address":{"tags":{"$push":3}}}`, 422, `{"field":"address.tags","code":"type","detail":"$push takes a string"}`},
			{"PATCH", "/a", `{"address":{"$push":"y"}}`, 422, `"field":"address"`},
			{"PATCH", "/c", `{"address":{"zip":"53111"}}`, 422, `{"field":"address.city","code":"required"`},
			{"PATCH", "/c", `{"address":{"city":"Ulm"},"meta":{"other":{"$inc":2}}}`, 200, `"address":{"city":"Ulm","kind":"home"}`},
			{"PATCH", "/c", `{"address":null,"meta":null}`, 200, `"address":null,"meta":null`},
			{"PUT", "/c", `{"address":{"city":"Ulm","kind":"x"}}`, 422, `{"field":"address.kind","code":"enum"`},
			{"GET", `?filter=address.city == "Gera"`, "", 200, `[a]`},
			{"GET", `?filter=address.since < "2026-01-01T01:00:00+00:30" && address.owner == "AAAAAAAA-1111-4111-8111-111111111111"`, "", 200, `[a]`},
			{"GET", `?filter=address.seen >= "2026-02-28" && "y" in address.tags && address.geo.lat == 50.0`, "", 200, `[a]`},
			{"GET", `?filter=address.city == 3`, "", 422, `"field":"address.city","code":"type","detail":"column 17: expected string, got int"`},
			{"GET", `?filter=address.citi == "x"`, "", 422, `there is no \"citi\" in address; did you mean \"city\"?`},
			{"GET", `?filter=address.city.name == "x"`, "", 422, `address.city is of type string and has nothing inside`},
			{"GET", `?filter=meta.other.deep == "x"`, "", 200, `[]`},
			{"POST", "/query", `{"where":{"address.visits":{"$gte":5},"address.tags":{"$contains":"y"},"address.tags":{"$size":2}}}`, 400, ``},
			{"POST", "/query", `{"where":{"address.visits":{"$gte":5},"address.tags":{"$contains":"y","$size":2}}}`, 200, `[a]`},
			{"POST", "/query", `{"where":{"address.visits":"5"}}`, 422, `expected int, got string`},
			{"POST", "/query", `{"where":{"address.kind":{"$in":["work","home"]}}}`, 200, `[a b]`},
		},
	}, {
		name: "members in rules", fields: `o: { type: json, fields: { owner: { type: string }, at: { type: time }, due: { type: date }, id: { type: uuid }, n: { type: int } } }`,
		rules: `read: 'doc.o.owner == "me" || doc.o.at < now() - duration("1h") || doc.o.id == "AAAAAAAA111141118111111111111111"', create: 'true && next.o.n < 5 && next.o.due != today()', update: 'doc.o.n == 1 && next.o.at < now() && next.o.id != "BBBBBBBB111141118111111111111111"', delete: 'false'`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","o":{"owner":"me","n":1}}`, 201, ``},
			{"POST", "", `{"id":"b","o":{"at":"2020-01-01T00:00:00Z","n":1}}`, 201, ``},
			{"POST", "", `{"id":"c","o":{"at":"9999-01-01T00:00:00Z","n":2}}`, 201, ``},
			{"POST", "", `{"id":"d","o":{"id":"aaaaaaaa-1111-4111-8111-111111111111","n":2}}`, 201, ``},
			{"POST", "", `{"o":{"n":5}}`, 401, ``},
			{"GET", "", "", 200, `[a b d]`},
			{"PATCH", "/b", `{"o":{"owner":"x"}}`, 200, ``},
			{"PATCH", "/b", `{"o":{"at":"9999-01-01T00:00:00Z"}}`, 401, ``},
			{"PATCH", "/b", `{"o":{"id":"bbbbbbbb-1111-4111-8111-111111111111"}}`, 401, ``},
			{"PATCH", "/d", `{"o":{"owner":"x"}}`, 401, ``},
		},
	},
}

// TestMembers_AreDescribed: what is declared inside a json field is in /openapi.json, and in what the console is told.
func TestMembers_AreDescribed(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(notes, "tags:    { type: json }", "tags:    { type: json, fields: { city: { type: string, required: true, max: 9 }, n: { type: int, default: 1 }, deep: { type: json, open: true, fields: { at: { type: time } } } } }", 1))
	var d struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]json.RawMessage }
		}
	}
	s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"}).Decode(t, &d)
	const deep = `{"additionalProperties":true,"properties":{"at":{"format":"date-time","type":["string","null"]}},"type":["object","null"]}`
	const whole = `{"additionalProperties":false,"properties":{"city":{"maxLength":9,"type":"string"},"deep":` + deep + `,"n":{"format":"int64","type":["integer","null"]}},"required":["city"],"type":["object","null"]}`
	for name, want := range map[string]string{
		"notes": whole, "NewNote": whole,
		"NotePatch": `{"additionalProperties":false,"properties":{"city":{"maxLength":9,"type":"string"},"deep":{"additionalProperties":true,"properties":{"at":{"anyOf":[{"format":"date-time","type":["string","null"]},` +
			`{"additionalProperties":false,"properties":{"$now":{"const":true}},"required":["$now"],"type":"object"}]}},"type":["object","null"]},"n":{"anyOf":[{"format":"int64","type":["integer","null"]},{"additionalProperties":false,"properties":{"$inc":{"format":"int64","type":"integer"}},"required":["$inc"],"type":"object"}]}},"type":["object","null"]}`,
	} {
		if got := string(d.Components.Schemas[name].Properties["tags"]); got != want {
			t.Errorf("%s: got\n%s, want\n%s", name, got, want)
		}
	}
	overview := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/console", Token: admin})
	if want := `{"max":9,"name":"city","required":true,"type":"string"}`; !strings.Contains(overview.Body, want) {
		t.Errorf("the console is told %s", overview.Body)
	}
}
