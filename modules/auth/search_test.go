package auth_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// TestSearch_FindsUsers is for SQLite what everything does for the others.
func TestSearch_FindsUsers(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	searched(t, s)
}

// searched looks for users by parts of what they have, and removes them again.
func searched(t *testing.T, s *auth.Service) {
	t.Helper()
	ctx := context.Background()
	for _, u := range []auth.Import{
		{ID: "s1", Email: "Grace.Hopper@navy.example.com"},
		{ID: "s2", Email: "h2@example.com", Claims: map[string]any{"name": "Grace Murray"}},
		{ID: "s3", Email: "h3@example.com", Metadata: query.RawJSON(`{"full_name":"Ägidius GRACE"}`)},
		{ID: "s4", Email: "100%_sure@example.com", Claims: map[string]any{"name": 7, "other": "grace"}},
		{ID: "Grace", Email: "h5@example.com"},
	} {
		if _, err := s.MakeUser(ctx, u, from("")); err != nil {
			t.Fatal(err)
		}
	}
	found := func(text string, limit int) (ids []string) {
		t.Helper()
		for after, pages := "", 0; ; pages++ {
			users, next, err := s.SearchUsers(ctx, text, after, limit)
			if err != nil || len(users) > limit || pages > 20 {
				t.Fatalf("%s after %q: %d users, %v", text, after, len(users), err)
			}
			for _, u := range users {
				ids = append(ids, u.ID)
			}
			if after = next; next == "" {
				return ids
			}
		}
	}
	for text, want := range map[string]string{
		"hopper": "[s1]", "NAVY": "[s1]", "grace": "[s1 s2 s3]", "Grace": "[Grace s1 s2 s3]", "race m": "[s2]", "Ägidius g": "[s3]",
		"s2": "[s2]", "%_": "[s4]", "%": "[s4]", "_": "[s4]", "nobody": "[]", `\`: "[]", "7": "[]", "race.": "[s1]",
	} {
		for _, limit := range []int{1, 2, 50} {
			if got := fmt.Sprint(found(text, limit)); got != want {
				t.Errorf("%q by %d finds %s, want %s", text, limit, got, want)
			}
		}
	}
	for _, bad := range []string{"", strings.Repeat("a", 101), "\xff"} {
		_, _, err := s.SearchUsers(ctx, bad, "", 10)
		code(t, "a search for "+bad, err, fault.Invalid)
	}
	for _, id := range []string{"s1", "s2", "s3", "s4", "Grace"} {
		if err := s.RemoveUser(ctx, id, from("")); err != nil {
			t.Fatal(err)
		}
	}
}

// named are profiles that know users by a text.
type named struct {
	people
	ids []string
}

func (n named) Named(_ context.Context, _, after string, limit int) ([]string, error) {
	rest := n.ids[slices.IndexFunc(append(n.ids, "\xff"), func(id string) bool { return id > after }):]
	return rest[:min(limit, len(rest))], nil
}

// TestSearch_JoinsProfilesAndAccounts goes through pages to which both contribute, in which profiles have no account any more.
func TestSearch_JoinsProfilesAndAccounts(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	var want, ids []string
	for n := range 40 {
		id, email := fmt.Sprintf("u%02d", n), "other"
		if n%5 == 0 {
			email = "ada"
		}
		if n%3 == 0 {
			ids = append(ids, id)
		}
		if n%7 == 6 { // a profile without an account
			continue
		}
		if n%5 == 0 || n%3 == 0 {
			want = append(want, id)
		}
		if _, err := s.MakeUser(ctx, auth.Import{ID: id, Email: fmt.Sprintf("%s%d@example.com", email, n)}, from("")); err != nil {
			t.Fatal(err)
		}
	}
	s.Profiles = named{people{documents{s}}, ids}
	for _, limit := range []int{1, 2, 3, 7, 40, 100} {
		var got []string
		for after, pages := "", 0; ; pages++ {
			users, next, err := s.SearchUsers(ctx, "ada", after, limit)
			if err != nil || len(users) > limit || pages > 50 {
				t.Fatalf("by %d: %d users, %v", limit, len(users), err)
			}
			for _, u := range users {
				got = append(got, u.ID)
			}
			if after = next; next == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: got %v, want %v", limit, got, want)
		}
	}
}
