package query_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
)

func TestUUID_HasOneSpelling(t *testing.T) {
	const canonical = "0191e7a0-0000-7000-8000-00000000000a"
	for _, text := range []string{canonical, strings.ToUpper(canonical), "{" + canonical + "}", strings.ReplaceAll(canonical, "-", ""), "{" + strings.ToUpper(strings.ReplaceAll(canonical, "-", "")) + "}"} {
		if got, ok := (query.UUID{}).Canonical(text); got != canonical || !ok {
			t.Errorf("%s: got %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "{}", "{" + canonical, canonical + "}", " " + canonical, canonical + " ", canonical[1:], canonical + "0", strings.Replace(canonical, "a", "g", 1), strings.Replace(canonical, "-", "0", 1),
		"0191e7a00-000-7000-8000-00000000000a", "urn:uuid:" + canonical, strings.Repeat("-", 36), strings.Repeat("-", 32), "0191e7a0000070008000000000000é", strings.Repeat("K", 32), // the sign of Kelvin is k in lower case
	} {
		if got, ok := (query.UUID{}).Canonical(text); ok {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}
