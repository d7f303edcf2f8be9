package realtime

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

// maxFound is how many documents a lookup of a rule may find, for what it finds to be kept in memory. What
// hangs on a lookup that finds more is computed by the database.
const maxFound = 1000

// lookup is what a lookup finds in another collection. All that ask for the same share it: a rule such as
// exists("members", {"team": doc.team, "user": auth.id}) becomes, for each user, the list of their teams.
type lookup struct {
	key   string
	set   *resultSet
	users map[dependent]struct{}
}

// dependent is what hangs on lookups.
type dependent interface {
	// onLookupChanged takes over what the lookups find now.
	onLookupChanged()
	// fail is called when a lookup cannot be made.
	fail(error)
	// payers appends those who wait for what hangs on the lookups.
	payers([]payer) []payer
}

// lookupKey names the documents that a lookup finds, whatever they are linked by.
func lookupKey(e *query.Exists) string { return e.Collection + "\n" + query.Canonical(e.Where) }

// blocked reports whether it is not known what one of the lookups finds.
func blocked(lookups []*lookup) bool {
	return slices.ContainsFunc(lookups, func(l *lookup) bool { return !l.set.known() })
}

// joinLookups returns the lookups of filters for a dependent, each once. With an error, it is for those that it
// returns all the same.
func (g *engine) joinLookups(user dependent, filters ...query.Filter) (lookups []*lookup, failed error) {
	for _, f := range filters {
		query.Lookups(f, func(e *query.Exists) {
			if failed != nil || slices.ContainsFunc(lookups, func(l *lookup) bool { return l.key == lookupKey(e) }) {
				return
			}
			var l *lookup
			if l, failed = g.joinLookup(e, user); failed == nil {
				lookups = append(lookups, l)
			}
		})
	}
	return lookups, failed
}

func (g *engine) joinLookup(e *query.Exists, user dependent) (*lookup, error) {
	key := lookupKey(e)
	l := g.lookups[key]
	if l == nil {
		live, err := g.service.LiveLookup(e, g.hub.bounds.found)
		if err != nil {
			return nil, err
		}
		if err := g.unwatchable(live.Collection); err != nil {
			return nil, err
		}
		l = &lookup{key: key, users: map[dependent]struct{}{user: {}}}
		if l.set, err = g.newSet(live, g.tableOf(g.looked, live.Collection), 0, l.payers); err != nil {
			return nil, err
		}
		l.set.changed = func() {
			for user := range l.users {
				user.onLookupChanged()
			}
		}
		l.set.failed = func(err error) {
			for user := range l.users {
				user.fail(err)
			}
		}
		g.lookups[key] = l
		l.set.reload()
		return l, nil
	}
	l.users[user] = struct{}{}
	for _, p := range user.payers(nil) {
		l.set.wake(p)
	}
	return l, nil
}

// payers appends those who wait for what hangs on the lookup.
func (l *lookup) payers(to []payer) []payer {
	for user := range l.users {
		if to = user.payers(to); len(to) >= maxPayers {
			break
		}
	}
	return to
}

func (g *engine) leaveLookup(l *lookup, user dependent) {
	delete(l.users, user)
	if len(l.users) == 0 && g.lookups[l.key] == l {
		delete(g.lookups, l.key)
		l.set.close()
	}
}

// bound returns a filter with its lookups replaced by what they find. The error is errTooMany when one finds
// more than is kept.
func (g *engine) bound(lookups []*lookup, f query.Filter) (query.Filter, error) {
	return query.Replace(f, func(e *query.Exists) (query.Filter, error) {
		for _, l := range lookups {
			if l.key != lookupKey(e) {
				continue
			}
			if !l.set.complete && len(e.Links) > 0 {
				return query.False, errTooMany
			}
			rows := make([]query.Row, len(l.set.items))
			for i, item := range l.set.items {
				rows[i] = item.row
			}
			return crud.Linked(e, l.set.table.collection.Shape, rows), nil
		}
		return query.False, nil // it was joined when the filter was taken over
	})
}
