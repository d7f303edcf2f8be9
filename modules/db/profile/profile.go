// Package profile notes what a request spends its time on: the statements that its databases run, and the layers that
// it waits for. A driver calls Begin where it runs a statement, with the context that it was called with.
//
// It is not for values: a statement is noted as a driver sends it, with placeholders.
package profile

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Layer is a part of the server that a request waits for.
type Layer int

// The layers. A rule that looks something up waits for a database meanwhile.
const (
	Database Layer = iota
	Rules
	Functions
	layers
)

// maxSteps bounds the statements that are noted of one request.
const maxSteps = 20

// explainEvery is after how many runs the plan of a statement is that of a newer run.
const explainEvery = 64

// Spent is how often a layer was called, and how long that took.
type Spent struct {
	Count int
	Took  time.Duration
}

// Step is one run of a statement.
type Step struct {
	Statement *Statement
	At        time.Duration // since the request began
	Took      time.Duration
}

// Profile is what one request has spent. Its methods may be called on nil, and do nothing then.
type Profile struct {
	table *Table
	start time.Time
	root  Call

	mu     sync.Mutex // guards what follows, and ran of the calls
	closed bool       // the request has ended: what goes on in its name is not noted
	within string     // the database of the transaction that runs
	inside int        // statements of that transaction
	spent  [layers]Spent
	steps  []Step
	more   int
	first  [2]Step // the beginning of steps, and call the first call: most requests need no more
	call   Call
	called bool
}

// New returns the profile of a request that begins now. Its statements are counted in table, too.
func New(table *Table) *Profile {
	p := &Profile{}
	p.Start(table)
	return p
}

// Start makes a zero Profile that of a request that begins now, as New does.
func (p *Profile) Start(table *Table) {
	p.table, p.start = table, time.Now()
	p.steps = p.first[:0]
}

// Call is a call of a database, and the context of it. The methods of nil do nothing.
type Call struct {
	context.Context // of the caller
	*Profile
	database string // empty for what belongs to no call
	ran      *Statement
}

type key struct{}

// Value implements [context.Context].
func (c *Call) Value(k any) any {
	if k == (key{}) {
		return c
	}
	return c.Context.Value(k)
}

// With returns a context whose work is noted. It is called once.
func (p *Profile) With(ctx context.Context) context.Context {
	p.root = Call{Context: ctx, Profile: p}
	return &p.root
}

func of(ctx context.Context) *Call {
	c, _ := ctx.Value(key{}).(*Call)
	return c
}

// Of returns the profile of a context, nil without one.
func Of(ctx context.Context) *Profile {
	if c := of(ctx); c != nil {
		return c.Profile
	}
	return nil
}

// Plan explains a statement: the steps that a database would take.
type Plan func(ctx context.Context) (steps []string, err error)

// Enter returns the context of a call of a database, and the call; ctx itself, and nil, where nothing is noted.
func Enter(ctx context.Context, database string) (context.Context, *Call) {
	c := of(ctx)
	if c == nil {
		return ctx, nil
	}
	mine := c.Profile.next()
	*mine = Call{Context: ctx, Profile: c.Profile, database: database}
	return mine, mine
}

// next returns where a call goes. None is used again: its context may be held longer than it takes.
func (p *Profile) next() *Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.called {
		return &Call{}
	}
	p.called = true
	return &p.call
}

// Leave notes what the call has taken, and which collection its statement is about. plan is asked now and then for what
// explains the statement; it may be nil.
func (c *Call) Leave(collection string, took time.Duration, plan func() Plan) {
	if c == nil {
		return
	}
	c.Spend(Database, took)
	c.mu.Lock()
	s := c.ran
	c.mu.Unlock()
	if s != nil && s.count.Load()%explainEvery == 1 {
		s.seen(collection, plan)
	}
}

// Spend notes time of a layer.
func (p *Profile) Spend(l Layer, took time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spend(l, took)
}

func (p *Profile) spend(l Layer, took time.Duration) {
	if !p.closed {
		p.spent[l].Count++
		p.spent[l].Took += took
	}
}

// Transaction notes the statements until end is called as those of a transaction. A driver that reports none of them has
// spent its whole time.
func (p *Profile) Transaction(database string) (end func()) {
	if p == nil {
		return func() {}
	}
	start := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.within, p.inside = database, 0
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.inside == 0 {
			p.spend(Database, time.Since(start))
		}
		p.within = ""
	}
}

// Running is a statement that runs. The zero value is none.
type Running struct {
	call      *Call
	statement *Statement
	start     time.Time
}

// Begin notes that a driver runs a statement. It keeps nothing of sql.
func Begin(ctx context.Context, sql []byte) Running {
	c := of(ctx)
	if c == nil {
		return Running{}
	}
	database := c.database
	if database == "" {
		c.mu.Lock()
		database = c.within
		c.mu.Unlock()
	}
	s := c.table.statement(database, sql)
	return Running{c, s, time.Now()}
}

// End notes that the statement has run.
func (r Running) End() {
	if r.call == nil {
		return
	}
	took := time.Since(r.start)
	r.statement.add(took)
	p := r.call.Profile
	p.mu.Lock()
	defer p.mu.Unlock()
	r.call.ran = r.statement
	if r.call.database == "" { // the time of the other calls is noted as a whole
		p.inside++
		p.spend(Database, took)
	}
	switch {
	case p.closed:
	case len(p.steps) == maxSteps:
		p.more++
	default:
		p.steps = append(p.steps, Step{r.statement, r.start.Sub(p.start), took})
	}
}

// Close ends the profile, and returns what was spent, the first statements, and how many more there were.
func (p *Profile) Close() (spent []Spent, steps []Step, more int) {
	if p == nil {
		return nil, nil, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return slices.Clone(p.spent[:]), slices.Clone(p.steps), p.more
}
