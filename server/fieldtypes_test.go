package server_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// fieldCall is a call, the status that it has, and what the answer contains.
type fieldCall struct {
	method, path, body string
	status             int
	want               string
}

// fieldType is a collection `c` with fields of a type, and what happens to values of it on every database.
type fieldType struct {
	name, fields, rules string
	more                string // other keys of the collection
	calls               []fieldCall
}

const open = "read: 'true', create: 'true', update: 'true', delete: 'true'"

var fieldTypes = []fieldType{
	{
		name: "dates", fields: `n: { type: int }, d: { type: date, min: "1900-01-01" }, made: { type: date, default: "now()" }, e: { type: date, default: "2024-02-29", index: true }, u: { type: date, unique: true }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","n":1,"d":"2026-02-28","made":"2020-01-01"}`, 201, `{"id":"a","n":1,"d":"2026-02-28","made":"2020-01-01","e":"2024-02-29","u":null}`},
			{"POST", "", `{"id":"b","n":2,"d":"2026-03-01","made":"2020-01-01","u":"9999-12-31"}`, 201, `"d":"2026-03-01"`},
			{"POST", "", `{"id":"c","n":3,"made":"2020-01-01","u":"infinity"}`, 201, `"u":"infinity"`},
			{"POST", "", `{"u":"9999-12-31"}`, 409, `"field":"u"`},
			{"GET", "/a", "", 200, `"d":"2026-02-28"`},
			{"PUT", "/a", `{"n":1,"d":"2026-02-28","made":"2020-01-01","e":"2024-02-29","u":null}`, 200, `"d":"2026-02-28"`},
			{"POST", "", `{"d":"2026-02-30"}`, 422, `"field":"d","code":"type","detail":"expected a date, as text like`},
			{"POST", "", `{"d":"2026-02-28T00:00:00Z"}`, 422, `"code":"type"`},
			{"POST", "", `{"d":20260228}`, 422, `"code":"type"`},
			{"POST", "", `{"e":"+010000-01-01"}`, 422, `"code":"type"`},
			{"POST", "", `{"e":"-000001-01-01"}`, 422, `"code":"type"`},
			{"POST", "", `{"d":{"year":2026}}`, 422, `"code":"type"`},
			{"POST", "", `{"d":"1899-12-31"}`, 422, `"code":"min","detail":"has to be at least \"1900-01-01\""`},
			{"PATCH", "/a", `{"d":{"$inc":1}}`, 422, `$inc is for numbers`},
			{"PATCH", "/a", `{"made":{"$now":true}}`, 200, `"made":"20`},
			{"PATCH", "/a", `{"made":"2020-01-01"}`, 200, `"made":"2020-01-01"`},
			{"GET", `?filter=d >= "2026-03-01"`, "", 200, `[b]`},
			{"GET", `?filter=d < "2026-03-01"`, "", 200, `[a]`},
			{"GET", `?filter=d != "2026-02-28"`, "", 200, `[b c]`},
			{"GET", `?filter=d in ["2026-02-28", nil]`, "", 200, `[a c]`},
			{"GET", `?filter=u == "infinity"`, "", 200, `[c]`},
			{"GET", `?filter=d == e`, "", 200, `[]`},
			{"GET", `?filter=d > e`, "", 200, `[a b]`},
			{"GET", `?filter=d >= "2026-02-30"`, "", 422, `expected date`},
			{"GET", `?filter=d == 5`, "", 422, `expected date`},
			{"GET", `?filter=d contains "2026"`, "", 422, `works on strings`},
			{"GET", `?sort=d`, "", 200, `[c a b]`},
			{"GET", `?sort=-d,-id`, "", 200, `[b a c]`},
			{"POST", "/query", `{"where":{"d":{"$gt":"2026-01-01","$lte":"2026-02-28"}}}`, 200, `[a]`},
			{"POST", "/aggregate", `{"min":["d"],"max":["d","u"],"count":true}`, 200, `{"items":[{"count":3,"min":{"d":"2026-02-28"},"max":{"d":"2026-03-01","u":"infinity"}}]}`},
			{"POST", "/aggregate", `{"group":["d"],"count":true}`, 200, `{"items":[{"d":null,"count":1},{"d":"2026-02-28","count":1},{"d":"2026-03-01","count":1}]}`},
			{"POST", "/aggregate", `{"sum":["d"]}`, 422, `sum is for numbers`},
		},
	}, {
		name: "uuids", fields: `id: { type: uuid }, u: { type: uuid, unique: true }, e: { type: uuid, default: "AAAAAAAA111141118111111111111111", index: true }, r: { type: ref, to: uuids }, s: { type: string }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"{AAAAAAAA-0000-7000-8000-00000000000A}","u":"BBBBBBBB-0000-7000-8000-00000000000B","s":"aaaaaaaa-0000-7000-8000-00000000000a"}`, 201,
				`{"id":"aaaaaaaa-0000-7000-8000-00000000000a","u":"bbbbbbbb-0000-7000-8000-00000000000b","e":"aaaaaaaa-1111-4111-8111-111111111111","r":null,"s":"aaaaaaaa-0000-7000-8000-00000000000a"}`},
			{"POST", "", `{"id":"00000000-0000-7000-8000-000000000001","r":"AAAAAAAA-0000-7000-8000-00000000000A","u":"0000000000007000800000000000000B"}`, 201, `"r":"aaaaaaaa-0000-7000-8000-00000000000a"`},
			{"POST", "", `{"u":"bbbbbbbb-0000-7000-8000-00000000000b"}`, 409, `"field":"u"`},
			{"POST", "", `{"id":"AAAAAAAA-0000-7000-8000-00000000000A"}`, 409, `"field":"id"`},
			{"POST", "", `{"u":"bbbbbbbb-0000-7000-8000-00000000000"}`, 422, `"field":"u","code":"type","detail":"expected a uuid`},
			{"POST", "", `{"u":"bbbbbbbb-0000-7000-8000-00000000000g"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":"bbbbbbbb00007-000-8000-00000000000b"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":"{bbbbbbbb-0000-7000-8000-00000000000b"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":"urn:uuid:bbbbbbbb-0000-7000-8000-00000000000b"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":""}`, 422, `"code":"type"`},
			{"POST", "", `{"u":5}`, 422, `"code":"type"`},
			{"POST", "", `{"id":"me"}`, 422, `"field":"id"`},
			{"POST", "", `{"r":"me"}`, 422, `"field":"r"`},
			{"GET", "/AAAAAAAA-0000-7000-8000-00000000000A", "", 200, `"id":"aaaaaaaa-`},
			{"GET", "/aaaaaaaa00007000800000000000000a", "", 200, `"id":"aaaaaaaa-`},
			{"GET", "/me", "", 404, ``},
			{"PUT", "/me", `{}`, 422, `"field":"id"`},
			{"PATCH", "/AAAAAAAA-0000-7000-8000-00000000000A", `{"u":"BBBBBBBB-0000-7000-8000-00000000000C"}`, 200, `"u":"bbbbbbbb-0000-7000-8000-00000000000c"`},
			{"GET", `?filter=u == "BBBBBBBB00007000800000000000000C"`, "", 200, `[aaaaaaaa-0000-7000-8000-00000000000a]`},
			{"GET", `?filter=r.u == "BBBBBBBB00007000800000000000000C"`, "", 200, `[00000000-0000-7000-8000-000000000001]`},
			{"GET", `?filter=id == s`, "", 200, `[aaaaaaaa-0000-7000-8000-00000000000a]`},
			{"GET", `?filter=u >= "BBBBBBBB000000000000000000000000"`, "", 200, `[aaaaaaaa-0000-7000-8000-00000000000a]`},
			{"GET", `?filter=u startsWith "bbbb"`, "", 200, `[aaaaaaaa-0000-7000-8000-00000000000a]`},
			{"GET", `?filter=u == "me"`, "", 422, `expected uuid`},
			{"GET", `?filter=id in ["me"]`, "", 422, `expected uuid`},
			{"GET", `?sort=-u`, "", 200, `[aaaaaaaa-0000-7000-8000-00000000000a 00000000-0000-7000-8000-000000000001]`},
			{"POST", "/query", `{"where":{"e":{"$in":["AAAAAAAA-1111-4111-8111-111111111111"]},"id":{"$lt":"AAAAAAAA-0000-7000-8000-00000000000A"}}}`, 200, `[00000000-0000-7000-8000-000000000001]`},
			{"POST", "/aggregate", `{"min":["u"],"max":["u"],"group":["e"]}`, 200, `"min":{"u":"00000000-0000-7000-8000-00000000000b"},"max":{"u":"bbbbbbbb-0000-7000-8000-00000000000c"}`},
			{"GET", `/00000000-0000-7000-8000-000000000001?expand=r`, "", 200, `"expand":{"r":{"id":"aaaaaaaa-`},
			{"POST", "", `{}`, 201, `"u":null`},
		},
	}, {
		name: "decimals", fields: `n: { type: int }, p: { type: decimal, min: -100, max: "99999999999999999999.99" }, q: { type: decimal, json: string, default: 19.90, index: true }, u: { type: decimal, unique: true }, e: { type: decimal, enum: [1, 2.50, "3"] }, f: { type: float }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","n":1,"p":0.10,"q":0.12345678901234567890,"u":9007199254740993}`, 201, `{"id":"a","n":1,"p":0.1,"q":"0.1234567890123456789","u":9007199254740993,"e":null,"f":null}`},
			{"POST", "", `{"id":"b","n":2,"p":"0.1","u":9007199254740992,"e":2.5}`, 201, `"p":0.1,"q":"19.9","u":9007199254740992,"e":2.5`},
			{"POST", "", `{"id":"c","n":3,"p":99999999999999.99,"u":"-1.50"}`, 201, `"p":99999999999999.99,"q":"19.9","u":-1.5`},
			{"POST", "", `{"id":"d","n":4,"p":0.1,"u":-0}`, 201, `"u":0`},
			{"GET", "/a", "", 200, `"p":0.1,"q":"0.1234567890123456789","u":9007199254740993`},
			{"POST", "", `{"u":9007199254740993.000}`, 409, `"field":"u"`},
			{"POST", "", `{"u":0.00}`, 409, `"field":"u"`},
			{"POST", "", `{"p":99999999999999999999.991}`, 422, `"code":"max","detail":"has to be at most 99999999999999999999.99"`},
			{"POST", "", `{"p":-100.00000000000000000001}`, 422, `"code":"min"`},
			{"POST", "", `{"e":"3.0"}`, 201, `"e":3`},
			{"POST", "", `{"e":2.51}`, 422, `"code":"enum","detail":"has to be one of [1,2.5,3]"`},
			{"POST", "", `{"u":"NaN"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":"Infinity"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":1e999999999}`, 422, `larger than any float`},
			{"POST", "", `{"u":"1e999999999"}`, 422, `"code":"type","detail":"expected a number, or text`},
			{"POST", "", `{"u":1e301}`, 422, `"code":"type"`},
			{"POST", "", `{"u":1e-301}`, 422, `"code":"type"`},
			{"POST", "", `{"u":` + strings.Repeat("1", 10_000) + `}`, 422, `larger than any float`},
			{"POST", "", `{"u":"` + strings.Repeat("1", 10_000) + `"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":"1.2.3"}`, 422, `"code":"type"`},
			{"POST", "", `{"u":""}`, 422, `"code":"type"`},
			{"POST", "", `{"u":true}`, 422, `"code":"type"`},
			{"POST", "", `{"u":[1]}`, 422, `"code":"type"`},
			{"DELETE", `?filter=e == 3`, "", 200, `"count":1`},
			{"PATCH", "/a", `{"p":{"$inc":0.2}}`, 200, `"p":0.3`},
			{"PATCH", "/a", `{"p":{"$inc":"-0.2"}}`, 200, `"p":0.1`},
			{"PATCH", "/a", `{"q":{"$inc":1e-20}}`, 200, `"q":"0.12345678901234567891"`},
			{"PATCH", "/a", `{"e":{"$inc":2.5}}`, 200, `"e":2.5`},
			{"PATCH", "/a", `{"p":{"$inc":"x"}}`, 422, `$inc takes`},
			{"PATCH", "/a", `{"p":{"$inc":null}}`, 422, `$inc takes`},
			{"PATCH", "/a", `{"p":{"$inc":1000000000000000000000}}`, 422, `"code":"max"`},
			{"PATCH", "/c", `{"u":"` + strings.Repeat("9", 300) + `"}`, 200, strings.Repeat("9", 300)},
			{"PATCH", "/c", `{"u":{"$inc":1}}`, 422, `out of range`},
			{"PATCH", "/c", `{"u":-1.5}`, 200, `"u":-1.5`},
			{"GET", `?filter=p == 0.10`, "", 200, `[a b d]`},
			{"GET", `?filter=p == "0.1"`, "", 200, `[a b d]`},
			{"GET", `?filter=u == 9007199254740993`, "", 200, `[a]`},
			{"GET", `?filter=u < 9007199254740993 && u > 0`, "", 200, `[b]`},
			{"GET", `?filter=u in [0, "-1.500", 7]`, "", 200, `[c d]`},
			{"GET", `?filter=q == 0.12345678901234567891`, "", 200, `[a]`},
			{"GET", `?filter=p == e`, "", 200, `[]`},
			{"GET", `?filter=p < u`, "", 200, `[a b]`},
			{"GET", `?filter=p == n`, "", 422, `cannot be compared`},
			{"GET", `?filter=p == f`, "", 422, `cannot be compared`},
			{"GET", `?filter=p == "x"`, "", 422, `expected decimal`},
			{"GET", `?filter=p contains "1"`, "", 422, `works on strings`},
			{"GET", `?sort=u`, "", 200, `[c d b a]`},
			{"GET", `?sort=-u`, "", 200, `[a b d c]`},
			{"POST", "/query", `{"where":{"q":{"$gte":"0.12345678901234567891","$lt":1}}}`, 200, `[a]`},
			{"POST", "/aggregate", `{"where":{"p":0.1},"sum":["p","q"],"avg":["p"],"min":["q"],"max":["u"],"count":true}`, 200, `{"items":[{"count":3,"sum":{"p":0.3,"q":"39.92345678901234567891"},"avg":{"p":0.1},"min":{"q":"0.12345678901234567891"},"max":{"u":9007199254740993}}]}`},
			{"POST", "/aggregate", `{"group":["p"],"count":true}`, 200, `{"items":[{"p":0.1,"count":3},{"p":99999999999999.99,"count":1}]}`},
			{"POST", "/aggregate", `{"where":{"p":5},"sum":["p"],"avg":["p"]}`, 200, `{"items":[{"sum":{"p":null},"avg":{"p":null}}]}`},
			{"POST", "/aggregate", `{"avg":["u"]}`, 200, `{"avg":{"u":4503599627370495.875}}`},
		},
	}, {
		name:   "columns",
		fields: `n: { type: int, column: "n n", index: true }, title: { type: string, column: 'The "Title"', unique: true, search: true }, m: { type: int, column: title }, j: { type: json, column: däta }, p: { type: ref, to: columns, column: parent.id }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","n":1,"title":"one","m":10,"j":{"k":1}}`, 201, `{"id":"a","n":1,"title":"one","m":10,"j":{"k":1},"p":null}`},
			{"POST", "", `{"id":"b","n":2,"title":"two","m":9,"p":"a"}`, 201, `"p":"a"`},
			{"POST", "", `{"title":"one"}`, 409, `"errors":[{"field":"title","code":"unique"`},
			{"POST", "", `{"The \"Title\"":"three"}`, 422, `unknown_field`},
			{"PATCH", "/b", `{"title":"one"}`, 409, `"field":"title"`},
			{"PATCH", "/a", `{"n":{"$inc":5},"j":{"l":2}}`, 200, `"n":6,"title":"one","m":10,"j":{"k":1,"l":2}`},
			{"PATCH", `?filter=m == 10`, `{"m":11}`, 200, `"count":1`},
			{"GET", `?filter=n > 1 && title startsWith "o"`, "", 200, `[a]`},
			{"GET", `?filter=m < n`, "", 200, `[]`},
			{"GET", `?filter=j.l == 2`, "", 200, `[a]`},
			{"GET", `?filter=p.title == "one"`, "", 200, `[b]`},
			{"GET", `?filter=search("one")`, "", 200, `[a]`},
			{"GET", `?sort=-n`, "", 200, `[a b]`},
			{"GET", `?sort=m`, "", 200, `[b a]`},
			{"GET", `/b?expand=p`, "", 200, `"expand":{"p":{"id":"a"`},
			{"POST", "/aggregate", `{"group":["title"],"sum":["n"],"max":["m"]}`, 200, `{"items":[{"title":"one","sum":{"n":6},"max":{"m":11}},{"title":"two","sum":{"n":2},"max":{"m":9}}]}`},
			{"GET", `?filter=The == 1`, "", 422, `unknown_field`},
		},
	}, {
		name:   "indexes",
		fields: `owner: { type: string, column: the owner }, slug: { type: string }, created: { type: time }, gone: { type: time }, done: { type: bool, default: false }`,
		more:   `, indexes: [ { fields: [owner, slug], unique: true }, { fields: [owner, -created] }, { fields: [slug], unique: true, where: 'gone == nil && done == true' } ]`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","owner":"ann","slug":"x","created":"2026-01-01T00:00:00Z"}`, 201, ``},
			{"POST", "", `{"owner":"ann","slug":"x"}`, 409, `"code":"conflict","errors":[{"field":"owner","code":"unique","detail":"these values are taken together"},{"field":"slug","code":"unique"`},
			{"POST", "", `{"id":"b","owner":"bob","slug":"x","created":"2026-01-02T00:00:00Z","done":true}`, 201, ``},
			{"POST", "", `[{"id":"c","owner":"ann"},{"id":"d","owner":"ann"}]`, 201, ``},
			{"PATCH", "/b", `{"owner":"ann"}`, 409, `"field":"owner"`},
			{"PATCH", "/a", `{"done":true}`, 409, `"errors":[{"field":"slug","code":"unique","detail":"this value is taken"}]`},
			{"PATCH", "/b", `{"gone":{"$now":true}}`, 200, ``},
			{"PATCH", "/a", `{"done":true}`, 200, ``},
			{"PUT", "/e", `{"owner":"eve","slug":"x","done":true}`, 409, `"field":"slug"`},
			{"GET", `?filter=owner == "ann"`, "", 200, `[a c d]`},
			{"GET", `?sort=owner,-created`, "", 200, `[a d c b]`},
		},
	}, {
		name:   "lists",
		fields: `tags: { type: list, of: string, max: 3, enum: [a, b, c, "it's"] }, n: { type: list, of: int, required: true }, at: { type: list, of: time }, d: { type: list, of: date }, u: { type: list, of: uuid }, p: { type: list, of: decimal }, f: { type: list, of: float }, b: { type: list, of: bool }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"x","tags":["b","a"],"n":[3,1,3.0],"at":["2026-01-01T01:00:00+01:00"],"d":["2026-02-28"],"u":["AAAAAAAA111141118111111111111111"],"p":[0.10,"12345678901234567890.5"],"f":[1,2.5],"b":[true,false]}`, 201,
				`{"id":"x","tags":["b","a"],"n":[3,1,3],"at":["2026-01-01T00:00:00.000000Z"],"d":["2026-02-28"],"u":["aaaaaaaa-1111-4111-8111-111111111111"],"p":[0.1,12345678901234567890.5],"f":[1,2.5],"b":[true,false]}`},
			{"GET", "/x", "", 200, `"tags":["b","a"],"n":[3,1,3],"at":["2026-01-01T00:00:00.000000Z"],"d":["2026-02-28"],"u":["aaaaaaaa-1111-4111-8111-111111111111"],"p":[0.1,12345678901234567890.5],"f":[1,2.5],"b":[true,false]`},
			{"POST", "", `{"id":"y","n":[]}`, 201, `"tags":null,"n":[]`},
			{"POST", "", `{"n":null}`, 422, `"code":"required"`},
			{"POST", "", `{"n":[1,null]}`, 422, `"field":"n","code":"type","detail":"expected an array, each element of which is a whole number`},
			{"POST", "", `{"n":[1,"2"]}`, 422, `"code":"type"`},
			{"POST", "", `{"n":[[1]]}`, 422, `"code":"type"`},
			{"POST", "", `{"n":1}`, 422, `"code":"type"`},
			{"POST", "", `{"n":[],"tags":["a","b","c","a"]}`, 422, `"code":"max","detail":"has to be at most 3 elements long"`},
			{"POST", "", `{"n":[],"tags":["z"]}`, 422, `"code":"enum"`},
			{"PATCH", "/x", `{"tags":{"$push":"it's"}}`, 200, `"tags":["b","a","it's"]`},
			{"PATCH", "/x", `{"tags":{"$push":"c"}}`, 422, `"code":"max"`},
			{"PATCH", "/x", `{"tags":{"$pull":"a"},"n":{"$pull":3}}`, 200, `"tags":["b","it's"],"n":[1]`},
			{"PATCH", "/x", `{"tags":{"$addToSet":"b"},"n":{"$addToSet":7},"p":{"$addToSet":"0.100"}}`, 200, `"tags":["b","it's"],"n":[1,7]`},
			{"PATCH", "/x", `{"n":{"$push":"x"}}`, 422, `$push takes a whole number`},
			{"PATCH", "/x", `{"n":{"$push":null}}`, 422, `$push takes`},
			{"PATCH", "/y", `{"tags":{"$push":"c"}}`, 200, `"tags":["c"]`},
			{"GET", `?filter="b" in tags`, "", 200, `[x]`},
			{"GET", `?filter=tags contains "c"`, "", 200, `[y]`},
			{"GET", `?filter=!("b" in tags)`, "", 200, `[y]`},
			{"GET", `?filter=7 in n && 0.1 in p && 2.5 in f && true in b`, "", 200, `[x]`},
			{"GET", `?filter="2026-01-01T00:00:00Z" in at && "2026-02-28" in d && "AAAAAAAA-1111-4111-8111-111111111111" in u && "12345678901234567890.50" in p`, "", 200, `[x]`},
			{"GET", `?filter=99999999999 in n`, "", 200, `[]`},
			{"GET", `?filter=len(n) >= 2`, "", 200, `[x]`},
			{"GET", `?filter=len(n) == 0`, "", 200, `[y]`},
			{"GET", `?filter=at == nil`, "", 200, `[y]`},
			{"GET", `?filter="x" in n`, "", 422, `expected int`},
			{"GET", `?filter=tags == "b"`, "", 422, `is a list`},
			{"GET", `?sort=tags`, "", 422, `has no order`},
			{"POST", "/query", `{"where":{"tags":{"$contains":"b"},"n":{"$size":2}}}`, 200, `[x]`},
			{"POST", "/query", `{"where":{"n":{"$size":{"$lt":2}}}}`, 200, `[y]`},
			{"POST", "/aggregate", `{"group":["tags"],"count":true}`, 422, `cannot be used here`},
		},
	}, {
		name: "lists in rules", fields: `tags: { type: list, of: string }, n: { type: list, of: int }`,
		rules: `read: '"pub" in doc.tags || 1 in doc.n', create: 'true && len(next.tags) < 3 && !("x" in next.tags)', update: 'true && len(doc.tags) > 0', delete: 'false'`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","tags":["pub"]}`, 201, ``},
			{"POST", "", `{"id":"b","tags":["b"],"n":[1]}`, 201, ``},
			{"POST", "", `{"id":"c","tags":["c"],"n":[2]}`, 201, ``},
			{"POST", "", `{"tags":["a","b","c"]}`, 401, ``},
			{"POST", "", `{"tags":["x"]}`, 401, ``},
			{"GET", "", "", 200, `[a b]`},
			{"PATCH", "/a", `{"n":[5]}`, 200, ``},
		},
	}, {
		name: "decimals in rules", fields: `p: { type: decimal }, q: { type: decimal }`,
		rules: `read: 'doc.p == 0.1 || doc.p == doc.q', create: 'true && next.p + next.q == "0.3"', update: 'true && next.p > 0.01', delete: 'false'`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","p":0.1,"q":0.2}`, 201, `"p":0.1,"q":0.2`},
			{"POST", "", `{"p":0.1,"q":0.20000000000000000001}`, 401, ``},
			{"POST", "", `{"id":"b","p":0.15,"q":0.15}`, 201, ``},
			{"GET", "", "", 200, `[a b]`},
		},
	}, {
		name: "dates in rules", fields: `d: { type: date }`,
		rules: `read: 'doc.d >= today() - duration("24h") || doc.d == auth.birthday', create: 'true && next.d > "2000-01-01" && next.d != today()', update: 'changed("d")', delete: 'true && doc.d < today()'`,
		calls: []fieldCall{
			{"POST", "", `{"id":"far","d":"9999-01-01"}`, 201, `9999`},
			{"POST", "", `{"id":"old","d":"2000-01-02"}`, 201, ``},
			{"POST", "", `{"d":"2000-01-01"}`, 401, ``},
			{"GET", "", "", 200, `[far]`},
			{"DELETE", "/far", "", 401, ``},
		},
	},
}

// TestFieldTypes: the values of a type mean the same on every database.
func TestFieldTypes(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres", "memory"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"sqlite": `{ driver: sqlite, url: "file:test.db" }`, "memory": `{ driver: memory }`}[database]
			if database == "postgres" {
				settings = `{ driver: postgres, url: "` + postgrestest.Database(t) + `" }`
			}
			config := "databases: { main: " + settings + " }\nlog: { level: warn }\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\ncollections:\n"
			for _, f := range slices.Concat(fieldTypes, memberTypes) {
				if f.rules == "" {
					f.rules = open
				}
				config += "  " + strings.ReplaceAll(f.name, " ", "_") + ": { fields: { " + f.fields + " }, rules: { " + f.rules + " }" + f.more + " }\n"
			}
			s := servertest.Start(t, config)
			for _, f := range slices.Concat(fieldTypes, memberTypes) {
				t.Run(f.name, func(t *testing.T) { f.try(t, s) })
			}
		})
	}
}

func (f fieldType) try(t *testing.T, s *servertest.Instance) {
	for _, c := range f.calls {
		path, q, asks := strings.Cut(c.path, "?")
		if asks {
			name, value, _ := strings.Cut(q, "=")
			path += "?" + name + "=" + url.QueryEscape(value)
		}
		a := s.Do(t, call{Method: c.method, Path: "/v1/db/" + strings.ReplaceAll(f.name, " ", "_") + path, Body: c.body})
		got := a.Body
		if strings.HasPrefix(c.want, "[") && a.Status == 200 {
			got = "[" + strings.Join(a.IDs(t), " ") + "]"
		}
		if a.Status != c.status || !strings.Contains(got, c.want) || strings.HasPrefix(c.want, "[") && got != c.want {
			t.Errorf("%s %s %s\n got %d %s\nwant %d %s", c.method, c.path, c.body, a.Status, got, c.status, c.want)
		}
	}
}
