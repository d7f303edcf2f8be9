package config

import (
	"strings"
	"testing"
	"time"
)

// TestParse_ScaleOut: what is wrong with the sections for many nodes is said with its place, and the way out.
func TestParse_ScaleOut(t *testing.T) {
	const start = head + `collections:
  notes:
    fields: { team: { type: string }, n: { type: int } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`
	const fn = "services: { s: { driver: http, url: \"http://127.0.0.1:1\", functions: { f: { rule: 'true' } } } }\n"
	for content, want := range map[string]string{
		start + "    cache: { ttl: 0s }":                                                                                                "f:6:19: expected a duration",
		start + "    cache: { stale: 5m }":                                                                                              `f:6:12: the key "ttl" is missing here`,
		start + "    cache: { ttl: 20h, stale: 20h }":                                                                                   "f:6:12: cache: ttl is longer than nothing",
		start + "    limits: { red: { rate: 1/s } }":                                                                                    `f:6:20: limits: there are read, create, update and delete, not "red"`,
		start + "    limits: { read: { rate: 5 } }":                                                                                     "f:6:29: expected a rate such as 5/s or 100/1m",
		start + "    limits: { read: { rate: 5/1ms } }":                                                                                 "expected a rate",
		start + "    limits: { read: { rate: 5/s, by: x } }":                                                                            `by is user, address, key, all, not "x"`,
		start + "services: { s: { driver: grpc, functions: {} } }":                                                                      `driver is nats, redis, http or database, not "grpc"`,
		start + "services: { s: { driver: nats, functions: {} } }":                                                                      "service s: url is missing: where nats is",
		start + "services: { s: { driver: http, url: nowhere, functions: {} } }":                                                        "service s: url is where the server is",
		start + "services: { s: { driver: http, url: \"http://a\", functions: { f: { rule: 'request.params.x == 1' } } } }":             `there is no parameter "x" here`,
		start + "services: { s: { driver: http, url: \"http://a\", functions: { f: { rule: 'true', timeout: 1h } } } }":                 "its timeout is above limits.timeout, which is 10s",
		start + "services: { s: { driver: http, url: \"http://a\", functions: { f: { rule: 'true', params: { a: { type: id } } } } } }": "the parameter a has a type that is not id or ref",
		start + "events: { e: { url: \"http://a\" } }":                                                                                  "event e: say one of on",
		start + "events: { e: { on: notes.created, schedule: \"@daily\", url: \"http://a\" } }":                                         "event e: say one of on",
		start + "events: { e: { on: note.created, url: \"http://a\" } }":                                                                `not "note.created"; did you mean "notes"`,
		start + "events: { e: { on: notes.read, url: \"http://a\" } }":                                                                  "on is a collection with created, updated or deleted",
		start + "events: { e: { on: notes.created } }":                                                                                  "event e: say one of call",
		start + "events: { e: { on: notes.created, call: s.f, url: \"http://a\" } }":                                                    "event e: say one of call",
		start + "events: { e: { on: notes.created, stream: a, url: \"http://a\" } }":                                                    "event e: say one of call",
		start + "events: { e: { on: notes.created, stream: a } }":                                                                       "a stream takes a bus that keeps it",
		start + "bus: { driver: nats, url: \"nats://a\" }\nevents: { e: { on: notes.created, stream: a.b } }":                           `the name "a.b" is not`,
		start + "bus: { driver: nats, url: \"nats://a\", keep: 1s }":                                                                    "bus.keep is a minute or more",
		start + "events: { e: { on: notes.created, call: s.f } }":                                                                       `there is no function "s.f" in services`,
		start + "events: { e: { on: notes.created, url: \"ftp://a\" } }":                                                                "url is an address such as",
		start + "events: { e: { on: notes.created, when: 'doc.n > 1', url: \"http://a\" } }":                                            "when: doc is the stored document, and there is none here; use next",
		start + "events: { e: { on: notes.updated, when: 'doc.m > 1', url: \"http://a\" } }":                                            `when: there is no field "m"`,
		start + "events: { e: { on: notes.updated, key: tem, url: \"http://a\" } }":                                                     `there is no field "tem"; did you mean "team"`,
		start + "events: { e: { schedule: \"61 * * * *\", url: \"http://a\" } }":                                                        "event e: schedule:",
		start + "events: { e: { rule: 'true', key: x, url: \"http://a\" } }":                                                            `key: there is no parameter "x"`,
		start + "events: { e: { on: auth.signup, url: \"http://a\" } }":                                                                 "there is no section auth",
		start + "auth: {}\nevents: { e: { on: auth.sinup, url: \"http://a\" } }":                                                        `there is no security event "sinup"; did you mean "signup"`,
		start + fn + "events: { e: { schedule: \"@daily\", when: 'true', call: s.f } }":                                                 "when is only for events with on",
		start + "telemetry: { otlp: nowhere }":                                                                                          "telemetry.otlp is where a collector takes OTLP",
		start + "telemetry: { otlp: \"http://a\", sample: 101 }":                                                                        "telemetry.sample is the percentage",
		start + "limits: { drain: 5m }":                                                                                                 "limits.drain is 1m at most",
	} {
		_, err := Parse("f", ".", []byte(content))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v\nwant %s", strings.TrimPrefix(content, start), err, want)
		}
	}
	c, err := Parse("f", ".", []byte(start+`    cache: { ttl: 30s, stale: 5m }
    limits: { read: { rate: 100/1m, by: address }, create: { rate: 5/s } }
bus: { driver: nats, url: "nats://127.0.0.1:1" }
services: { s: { driver: nats, functions: { f: { rule: 'params.n > 1 && request.params.s == "a" && n < 5', params: { n: { type: int }, s: { type: string } } } } } }
events: { e: { on: notes.updated, when: 'next.n > doc.n && changed("team")', call: s.f, key: team }, t: { schedule: "@every 5m", call: s.f } }
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Services["s"].URL != "nats://127.0.0.1:1" || c.Collections["notes"].Limits["create"].Rate != (Rate{5, 1e9}) || c.Collections["notes"].Limits["create"].By != "user" || c.Events["e"].Retries != 8 {
		t.Errorf("got %+v", c)
	}
	// Nodes that have started at different times agree when something happens.
	first := time.Date(2026, 1, 1, 12, 0, 7, 5000, time.UTC)
	for later := range 290 {
		if at := c.Events["t"].Times.Next(first.Add(time.Duration(later) * time.Second)); !at.Equal(time.Date(2026, 1, 1, 12, 5, 0, 0, time.UTC)) {
			t.Fatalf("a node that has started %d s later is on at %s", later, at)
		}
	}
}
