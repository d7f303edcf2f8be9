package crud

import (
	"crypto/sha256"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// record lists the rules that an operation has evaluated, in any collection, with their results. From it follows
// whether an answer can be shared, and for how long. It is complete because [operation.fold] is the only way to
// evaluate a rule.
type record struct {
	uses   rules.Uses // of all rules, including those that folded to a constant
	folded []folded
	first  [2]folded // the beginning of folded, without an allocation
}

// folded is the result of one rule.
type folded struct {
	c    *Collection
	what string // "read", or a field
	to   query.Filter
}

// fold evaluates a rule and records it. what is the operation, or the field that the rule is for.
func (o *operation) fold(rule *rules.Rule, what string, env *rules.Env) (query.Filter, error) {
	if r := o.record; r != nil {
		u := rule.Uses()
		r.uses.Auth, r.uses.Request, r.uses.Time = r.uses.Auth || u.Auth, r.uses.Request || u.Request, r.uses.Time || u.Time
	}
	f, err := rule.Fold(env)
	o.suppose(env.Supposed)
	if o.record != nil && err == nil {
		o.record.add(folded{o.c, what, f})
	}
	return f, err
}

// everything records that no rule was evaluated because the caller is an administrator.
func (o *operation) everything() {
	if o.record != nil {
		o.record.uses.Auth = true
		o.record.add(folded{o.c, "admin", query.True})
	}
}

func (r *record) add(f folded) {
	if r.folded == nil {
		r.folded = r.first[:0]
	}
	r.folded = append(r.folded, f)
}

// public reports that nothing depends on the caller or its address.
func (r *record) public() bool { return !r.uses.Auth && !r.uses.Request }

// scope returns the hash of the results of all rules.
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
