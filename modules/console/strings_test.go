package console_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	textEntry = regexp.MustCompile("([a-zA-Z]+): (?:\"((?:[^\"\\\\]|\\\\.)*)\"|`([^`]*)`)")
	textUse   = regexp.MustCompile(`\bt\.([a-zA-Z]+)`)
	// between is text between two tags, or in an attribute that is read out.
	between = regexp.MustCompile(`>([A-Z][a-z]+(?: [a-z]+)+)[.!?]?<|(?:aria-label|title|placeholder)="([A-Za-z][^"{}]*)"`)
)

// sameInBoth are texts that are written alike in English and German.
var sameInBoth = map[string]bool{
	"live": true, "claims": true, "json": true, "api": true, "version": true, "cluster": true, "filterExample": true, "route": true, "errorCode": true, "bus": true,
	"filter": true, "operation": true, "schema": true, "typeClaims": true, "op": true, "limit": true, "code": true,
}

// TestStrings_AreInBothLanguages holds that each text that a page names is there in English and in German, that none is
// there in vain, that German is not English left as it was, and that no page has text of its own.
func TestStrings_AreInBothLanguages(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("src/strings.ts")
	if err != nil {
		t.Fatal(err)
	}
	english, rest, ok := strings.Cut(string(source), "const de: Strings = {")
	german, _, ended := strings.Cut(rest, "\n};")
	if !ok || !ended {
		t.Fatal("src/strings.ts has another form")
	}
	texts := func(source string) map[string]string {
		out := map[string]string{}
		for _, m := range textEntry.FindAllStringSubmatch(source, -1) {
			out[m[1]] = m[2] + m[3]
		}
		return out
	}
	en, de := texts(english), texts(german)
	if len(en) < 200 {
		t.Fatalf("%d texts were read", len(en))
	}
	for name, text := range en {
		switch other, there := de[name]; {
		case !there:
			t.Errorf("%s is missing in German", name)
		case other == text && !sameInBoth[name]:
			t.Errorf("%s is %q in German, too", name, text)
		}
	}
	for name := range de {
		if _, there := en[name]; !there {
			t.Errorf("%s is missing in English", name)
		}
	}
	pages, err := filepath.Glob("src/*.ts*")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, page := range pages {
		if strings.HasSuffix(page, "strings.ts") {
			continue
		}
		code, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range textUse.FindAllStringSubmatch(string(code), -1) {
			used[m[1]] = true
			if _, there := en[m[1]]; !there {
				t.Errorf("%s: t.%s has no text", page, m[1])
			}
		}
		for _, m := range between.FindAllStringSubmatch(string(code), -1) {
			t.Errorf("%s: %q is not in strings.ts", page, m[1]+m[2])
		}
	}
	for name := range en {
		if !used[name] && name != "events" && name != "collections" {
			t.Errorf("%s is used by no page", name)
		}
	}
}
