package realtime

import (
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
	set   *set
	users map[*set]struct{}
}

// lookupKey names the documents that a lookup finds, whatever they are linked by.
func lookupKey(e *query.Exists) string { return e.Collection + "\n" + query.Canonical(e.Where) }

// joinLookup returns the lookup of a filter's node for a set.
func (g *engine) joinLookup(e *query.Exists, user *set) (*lookup, error) {
	key := lookupKey(e)
	l := g.lookups[key]
	if l == nil {
		live, err := g.service.LiveLookup(e, maxFound)
		if err != nil {
			return nil, err
		}
		if err := g.unwatchable(live.Collection); err != nil {
			return nil, err
		}
		l = &lookup{key: key, users: map[*set]struct{}{}}
		if l.set, err = g.newSet(live, g.table(g.looked, live), 0); err != nil {
			return nil, err
		}
		l.set.changed = func() { g.found(l) }
		l.set.failed = func(err error) {
			for user := range l.users {
				user.failed(err)
			}
		}
		g.lookups[key] = l
		l.set.reload()
	}
	l.users[user] = struct{}{}
	return l, nil
}

func (g *engine) leaveLookup(l *lookup, user *set) {
	delete(l.users, user)
	if len(l.users) == 0 && g.lookups[l.key] == l {
		delete(g.lookups, l.key)
		l.set.close()
	}
}

// found passes on what a lookup finds now.
func (g *engine) found(l *lookup) {
	for user := range l.users {
		if !l.set.complete {
			user.failed(errTooMany)
			continue
		}
		before := user.filter
		user.bind()
		if user.filter != before || user.again || !user.ready {
			user.reload()
		}
	}
}

// bound returns a filter of a set with its lookups replaced.
func (g *engine) bound(s *set, f query.Filter) query.Filter {
	out, err := query.Replace(f, func(e *query.Exists) (query.Filter, error) {
		for _, l := range s.lookups {
			if l.key == lookupKey(e) {
				rows := make([]query.Row, len(l.set.items))
				for i, item := range l.set.items {
					rows[i] = item.row
				}
				return crud.Linked(e, l.set.table.collection.Shape, rows), nil
			}
		}
		return query.False, nil // it was joined when the set was made
	})
	if err != nil {
		return query.False
	}
	return out
}
