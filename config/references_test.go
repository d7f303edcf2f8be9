package config

import (
	"strings"
	"testing"
)

func TestReferences_WhatTheyMayPromise(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		"":                                   "",
		"on_delete: restrict":                "",
		"on_delete: cascade":                 "",
		"on_delete: null":                    "",
		"on_delete: 'null'":                  "",
		"check: exists":                      "",
		"check: none":                        "",
		"check: visible":                     "check is exists or none",
		"on_delete: casscade":                `on_delete is restrict, cascade or null, not "casscade"; did you mean "cascade"?`,
		"on_delete: [cascade]":               "expected text, got a list",
		"required: true, on_delete: null":    "on_delete: null empties the field, which is required",
		"required: true, on_delete: cascade": "",
	} {
		for to, other := range map[string]string{"teams": "", "far": "on_delete needs both collections in one database"} {
			_, err := Parse("f", ".", []byte(`databases: { main: { driver: memory }, other: { driver: memory } }
collections:
  teams: { database: main, fields: { x: { type: string } } }
  far: { database: other, fields: { x: { type: string } } }
  notes: { database: main, fields: { team: { type: ref, to: `+to+`, `+options+` } } }
`))
			want := want
			if want == "" && strings.Contains(options, "on_delete") {
				want = other
			}
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), other)) {
				t.Errorf("to %s, %s: got %v, want %q", to, options, err, want)
			}
		}
	}
	for field, want := range map[string]string{
		"{ type: string, on_delete: cascade }": "on_delete and check are for fields of type ref",
		"{ type: string, check: none }":        "on_delete and check are for fields of type ref",
	} {
		_, err := Parse("f", ".", []byte("databases: { main: { driver: memory } }\ncollections: { notes: { fields: { a: "+field+" } } }\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", field, err)
		}
	}
}
