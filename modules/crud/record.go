package crud

import (
	"crypto/sha256"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// record notes which rules an operation has asked, of whichever collection, and what they have come to. Whether an
// answer can be shared, and for how long, is read from it at the end: what has not been noted is not shown, because
// there is no other way to ask a rule than [operation.fold].
type record struct {
	uses   rules.Uses // of all rules, also of those that came to a constant
	folded []folded
}

// folded is what one rule has come to.
type folded struct {
	c    *Collection
	what string // read, or a field
	to   query.Filter
}

// fold asks a rule and notes it. what is the operation, or the field that the rule is for.
func (o *operation) fold(rule *rules.Rule, what string, env *rules.Env) (query.Filter, error) {
	if r := o.record; r != nil {
		u := rule.Uses()
		r.uses.Auth, r.uses.Request, r.uses.Time = r.uses.Auth || u.Auth, r.uses.Request || u.Request, r.uses.Time || u.Time
	}
	f, err := rule.Fold(env)
	if o.record != nil && err == nil {
		o.record.folded = append(o.record.folded, folded{o.c, what, f})
	}
	return f, err
}

// everything notes that no rule was asked, because the caller is an administrator.
func (o *operation) everything() {
	if o.record != nil {
		o.record.uses.Auth = true
		o.record.folded = append(o.record.folded, folded{o.c, "admin", query.True})
	}
}

// public says that nothing depends on who asks, and from where.
func (r *record) public() bool { return !r.uses.Auth && !r.uses.Request }

// scope is the hash of all that rules have come to.
func (r *record) scope() [sha256.Size]byte {
	var d identity
	d.number(len(r.folded))
	for _, f := range r.folded {
		d.text(f.c.signature)
		d.text(f.what)
		d.filter(f.to)
	}
	return sha256.Sum256(d.bytes)
}
