package auth

import (
	"context"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// NameFields are the claims, the members of what users write about themselves and the fields of profiles that have the
// name of a user.
var NameFields = []string{"name", "full_name", "display_name"}

// maxSought bounds the characters of a search.
const maxSought = 100

// SearchUsers returns users in the order of their ids, after a given id: those whose address or name contains a string,
// ignoring case, and those whose ids begin with it. Next is what the following page comes after, empty at the end; a page
// before it may have fewer users than the limit.
//
// No index serves a substring: the database scans the accounts in order until the page is full or ctx ends.
func (s *Service) SearchUsers(ctx context.Context, text, after string, limit int) (found []Managed, next string, err error) {
	if n := utf8.RuneCountInString(text); n == 0 || n > maxSought || !utf8.ValidString(text) {
		return nil, "", fault.FieldErrorf("search", "max", "search has 1 to %d characters", maxSought)
	}
	text = norm.NFC.String(text)
	var named []string
	if s.Profiles != nil {
		if named, err = s.Profiles.Named(ctx, text, after, limit); err != nil {
			return nil, "", err
		}
	}
	terms := []query.Filter{
		&query.Text{Path: query.Path{Field: "id"}, Op: query.StartsWith, Text: text},
		holding(query.Path{Field: "email"}, query.TypeString, text),
		store.UserID.OneOf(named...),
	}
	for _, name := range NameFields {
		terms = append(terms, holding(query.Path{Field: "claims", Sub: name}, query.TypeJSON, text), holding(query.Path{Field: "metadata", Sub: name}, query.TypeJSON, text))
	}
	where := query.Any(terms...)
	if after != "" {
		where = query.All(store.UserID.After(after), where)
	}
	if len(named) == limit { // those whose profiles come after these are of the next page
		next = named[limit-1]
		where = query.All(store.UserID.Until(next), where)
	}
	if found, err = s.usersOf(ctx, query.Query{Where: where, Sort: store.Users.KeyOrder(false), Limit: limit + 1}); err != nil {
		return nil, "", err
	}
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].ID
	}
	return found, next, nil
}

// holding selects what has a text somewhere, in any case.
func holding(path query.Path, t query.Type, text string) query.Filter {
	f, _ := query.TextTest(path, t, query.ILike, "%"+query.EscapePattern(text)+"%") // both types hold strings
	return f
}
