package query_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/basalt-dev/basalt/modules/query"
)

// TestLearnFold: a fold is what the database says, and a language whose letters depend on each other has none.
func TestLearnFold(t *testing.T) {
	t.Parallel()
	each := func(text string) (string, error) { return strings.Map(unicode.ToLower, text), nil }
	fold, err := query.LearnFold(each)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][2]string{"Bob": {"bob", "bob"}, "ÄRGER Straße": {"ärger straße", "Ärger straße"}, "x": {"x", "x"}, "\xffA": {"\uFFFDa", "\xffa"}, "": {"", ""}, "𞤀A": {"𞤢a", "𞤀a"}} {
		if got := [2]string{fold.Key(text), query.FoldASCII.Key(text)}; got != want {
			t.Errorf("the keys of %q are %q, want %q", text, got, want)
		}
	}
	if got := (*query.Fold)(nil).Key("A"); got != "A" {
		t.Errorf("no fold makes %q of A", got)
	}
	for name, lower := range map[string]func(string) (string, error){
		"turkish":     func(text string) (string, error) { return strings.ToLowerSpecial(unicode.TurkishCase, text), nil },
		"two letters": func(text string) (string, error) { return strings.ReplaceAll(strings.ToLower(text), "i", "ii"), nil },
		"one less":    func(text string) (string, error) { return strings.TrimSuffix(strings.ToLower(text), "\U0001ffff"), nil },
		"no case":     func(text string) (string, error) { return text, nil },
	} {
		if fold, err := query.LearnFold(lower); err == nil {
			t.Errorf("%s: got %v", name, fold)
		}
	}
}

// TestFold_Fields: two fields compare in any case only if both do.
func TestFold_Fields(t *testing.T) {
	t.Parallel()
	s := query.NewShape([]query.Field{{Name: "a", Type: query.TypeString}, {Name: "b", Type: query.TypeString}, {Name: "plain", Type: query.TypeString}})
	s.SetFolds([]*query.Fold{query.FoldASCII, query.FoldASCII, nil})
	row := query.Row{query.String("Bob"), query.String("bOB"), query.String("bob")}
	path := func(name string) query.Path { return query.Path{Field: name} }
	for f, want := range map[query.Filter]bool{
		&query.CompareFields{Left: path("a"), Right: path("b")}:                                   true,
		&query.CompareFields{Left: path("a"), Right: path("plain")}:                               false,
		&query.CompareFields{Left: path("a"), Op: query.Lt, Right: path("b")}:                     false,
		&query.Compare{Path: path("a"), Op: query.Lt, Value: query.String("boc")}:                 true,
		&query.Compare{Path: path("plain"), Value: query.String("BOB")}:                           false,
		&query.In{Path: path("a"), Values: []query.Value{query.String("x"), query.String("BOB")}}: true,
		&query.Text{Path: path("a"), Op: query.StartsWith, Text: "BO"}:                            true,
		&query.Text{Path: path("a"), Op: query.Like, Text: "%OB"}:                                 true,
		&query.Text{Path: path("plain"), Op: query.Like, Text: "%OB"}:                             false,
		&query.Compare{Path: path("a"), Op: query.Eq, Value: query.Null}:                          false,
	} {
		if got := query.Match(f, s, row, nil); got != want {
			t.Errorf("%s is %v", query.Format(f), got)
		}
	}
	if s.SetFolds([]*query.Fold{nil, nil, nil}); s.Fold(0) != nil {
		t.Error("the fold stays")
	}
}
