package realtime

import (
	"context"
	"math"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
)

// What live queries ask of the databases waits here, and a few of them run at once. Owners of connections take
// turns, and so do the sessions of each: whoever asks for thousands of slow queries waits for them, and a newcomer
// does not. What only those who have gone were waiting for is not run at all.

// payer is who a read is charged to: a session, and the user or network that it belongs to.
type payer struct {
	owner   string
	session *Session // nil for the rule of a channel, which is closed with its session
}

// agedTurns is how often the lane that has waited longest has its turn, instead of the shortest one.
const agedTurns = 4

// maxPayers is how many of those who wait for the same read have it in their lane.
const maxPayers = 64

// reads schedules the reads of an engine. The lock of the hub guards it.
type reads struct {
	engine *engine
	free   int
	// most is how many one session has running at most. An owner has no more running than would be left: so one
	// has half of all, and there is always one for the next.
	most   int
	owners map[string]*owner
	turns  []*owner // those with lanes that wait, in the order of their turns
}

type owner struct {
	name    string
	running int
	queued  bool // in turns
	lanes   map[*Session]*lane
	// turns are the lanes that wait. The shortest comes first, but for one turn in agedTurns: a newcomer, who asks for
	// little, waits neither for the rest of a flood of the same owner nor until each of its sessions has had a turn.
	turns []*lane
	turn  int
}

// lane has the reads that wait for a session.
type lane struct {
	owner   *owner
	session *Session
	running int
	queued  bool
	jobs    []*job
	stale   int // of jobs, those that need not run here any more
}

// job is a read that waits, or runs. It stands in the lanes of those who wait for it, and runs once.
type job struct {
	who any // for the clock
	// payers appends who waits for it; without any, it is dropped.
	payers func([]payer) []payer
	begin  func() // with the lock, just before run
	run    func(ctx context.Context)
	drop   func() // with the lock, instead of run

	lanes   map[*lane]struct{}
	ctx     context.Context
	cancel  context.CancelFunc
	started bool
	over    bool // dropped or cancelled
}

func newReads(g *engine, slots int) *reads {
	return &reads{engine: g, free: slots, most: max(1, slots/4), owners: map[string]*owner{}}
}

// add has a job run when it is its turn.
func (r *reads) add(j *job) {
	j.lanes = map[*lane]struct{}{}
	j.ctx, j.cancel = context.WithCancel(db.ReadPrimary(r.engine.ctx))
	r.charge(j)
	r.dispatch()
}

// charge puts a job in the lanes of those who wait for it, or drops it where no one does.
func (r *reads) charge(j *job) {
	payers := j.payers(nil)
	if len(payers) == 0 {
		j.abandon()
		return
	}
	for _, p := range payers {
		r.place(j, p)
	}
}

// want puts a waiting job in the lane of another owner who waits for it.
func (r *reads) want(j *job, p payer) {
	if j.pending() {
		r.place(j, p)
		r.dispatch()
	}
}

func (j *job) pending() bool { return j != nil && !j.started && !j.over }

func (r *reads) place(j *job, p payer) {
	o := r.owners[p.owner]
	if o == nil {
		o = &owner{name: p.owner, lanes: map[*Session]*lane{}}
		r.owners[p.owner] = o
	}
	l := o.lanes[p.session]
	if l == nil {
		l = &lane{owner: o, session: p.session}
		o.lanes[p.session] = l
	}
	if _, is := j.lanes[l]; is || len(j.lanes) >= maxPayers {
		return
	}
	j.lanes[l] = struct{}{}
	l.jobs = append(l.jobs, j)
	if !l.queued {
		l.queued = true
		o.turns = append(o.turns, l)
	}
	if !o.queued {
		o.queued = true
		r.turns = append(r.turns, o)
	}
}

// dispatch runs what may run.
func (r *reads) dispatch() {
	for r.free > 0 && r.engine.ctx.Err() == nil {
		l, j := r.next()
		if j == nil {
			return
		}
		if len(j.payers(nil)) == 0 {
			j.abandon()
			r.tidy(l)
			continue
		}
		r.start(l, j)
	}
}

// next takes the job whose turn it is; nil where none may run now.
func (r *reads) next() (*lane, *job) {
	for range len(r.turns) {
		o := r.turns[0]
		r.turns = r.turns[1:]
		o.queued = false
		var l *lane
		var j *job
		if o.running < r.free {
			l, j = o.next(r)
		}
		if len(o.turns) > 0 {
			o.queued = true
			r.turns = append(r.turns, o)
		}
		if j != nil {
			return l, j
		}
	}
	return nil, nil
}

func (o *owner) next(r *reads) (*lane, *job) {
	var busy []*lane // have all running that they may have
	defer func() { o.turns = append(o.turns, busy...) }()
	for len(o.turns) > 0 {
		at := 0
		if o.turn++; o.turn%agedTurns != 0 {
			at = o.shortest()
		}
		l := o.turns[at]
		o.turns = slices.Delete(o.turns, at, at+1)
		l.queued = false
		var j *job
		if l.running < r.most {
			j = l.next()
		}
		if len(l.jobs) > 0 {
			l.queued = true
			busy = append(busy, l)
		}
		if j != nil {
			return l, j
		}
		r.tidy(l)
	}
	return nil, nil
}

// shortest returns the place of the lane with the fewest jobs that wait, the first of several.
func (o *owner) shortest() int {
	at, least := 0, math.MaxInt
	for i, l := range o.turns {
		if n := len(l.jobs) - l.stale; n < least {
			at, least = i, n
		}
	}
	return at
}

func (l *lane) next() *job {
	for len(l.jobs) > 0 {
		j := l.jobs[0]
		l.jobs[0], l.jobs = nil, l.jobs[1:]
		if j.pending() {
			return j
		}
		l.stale--
	}
	return nil
}

func (r *reads) start(l *lane, j *job) {
	delete(j.lanes, l)
	j.leaveLanes()
	j.started = true
	r.free--
	l.running++
	l.owner.running++
	j.begin()
	r.engine.hub.clock.Run(&r.engine.tasks, j.who, func() {
		j.run(j.ctx)
		j.cancel()
		r.engine.hub.mu.Lock()
		defer r.engine.hub.mu.Unlock()
		r.free++
		l.running--
		l.owner.running--
		r.tidy(l)
		r.dispatch()
	})
}

// tidy removes a lane that has nothing in it, and of its owner.
func (r *reads) tidy(l *lane) {
	o := l.owner
	if l.running == 0 && len(l.jobs) == 0 && o.lanes[l.session] == l {
		delete(o.lanes, l.session)
	}
	if len(o.lanes) == 0 && o.running == 0 && r.owners[o.name] == o {
		delete(r.owners, o.name)
	}
}

// leaveLanes takes note that a job need not wait any more.
func (j *job) leaveLanes() {
	for l := range j.lanes {
		if l.stale++; l.stale > 16 && l.stale > len(l.jobs)/2 {
			l.jobs = slices.DeleteFunc(l.jobs, func(other *job) bool { return other == j || !other.pending() })
			l.stale = 0
		}
	}
	clear(j.lanes)
}

// abandon drops a job without waiters.
func (j *job) abandon() {
	j.end()
	j.drop()
}

// end has a job not run, or stop, because what it is for has ended.
func (j *job) end() {
	if j == nil || j.over {
		return
	}
	j.over = true
	j.cancel()
	j.leaveLanes()
}

// leave empties the lane of a session that has ended, or belongs to another owner now. What others wait for too is
// charged to them.
func (r *reads) leave(p payer) {
	o := r.owners[p.owner]
	if o == nil || o.lanes[p.session] == nil {
		return
	}
	l := o.lanes[p.session]
	jobs := l.jobs
	l.jobs, l.stale = nil, 0
	for _, j := range jobs {
		if delete(j.lanes, l); j.pending() && len(j.lanes) == 0 {
			r.charge(j)
		}
	}
	r.tidy(l)
	r.dispatch()
}
