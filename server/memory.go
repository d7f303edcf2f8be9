package server

import (
	"os"
	goruntime "runtime"
	"runtime/debug"
	gometrics "runtime/metrics"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// besides is what a node takes besides the memory of its limits: itself, its connections and what they send.
const besides = 256 << 20

// Tune sets the garbage collector for a process that is a node and nothing else, when its server has
// been made, and returns the memory that making it took to the system. Go's own limit becomes that of the configuration, or 90 % of what
// the control group allows if that is less; it is a soft one. GOGC and GOMEMLIMIT, where they are set, are left alone.
func (s *Server) Tune() {
	if os.Getenv("GOGC") == "" {
		boundGarbage(0)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		l := s.current.Load().config.Limits
		most := uint64(l.Memory) + uint64(l.Cache) + uint64(l.History) + uint64(l.Live) + besides
		if group, err := memlimit.FromCgroup(); err == nil && group > 0 { // an error: there is no limit, or no group
			most = min(most, group/10*9)
		}
		debug.SetMemoryLimit(int64(most))
	}
	debug.FreeOSMemory()
}

// boundGarbage sets how much garbage may lie about before it is collected, and does so again after each collection. Percent
// is what is set.
func boundGarbage(percent int) {
	live := []gometrics.Sample{{Name: "/gc/heap/live:bytes"}}
	gometrics.Read(live)
	if p := garbage(live[0].Value.Uint64()); p < percent*9/10 || p > percent*11/10 { // it stops all goroutines for a moment
		percent = p
		debug.SetGCPercent(percent)
	}
	unused := new(*int) // a pointer: objects without one share their memory with others
	goruntime.SetFinalizer(unused, func(any) { boundGarbage(percent) })
}

// garbage is how much garbage there may be, in percent of what lives: 40 MB, but no less than half of it and no more than
// four times. The heap of a node without a cache is 10 MB or so, and Go's 100 would collect it many times a second under load:
// with 400, a request to PostgreSQL takes 10 % less CPU. Where a full cache lives, 400 would be some hundred MB.
func garbage(live uint64) int {
	const most = 40 << 20
	return int(min(max(most*100/max(live, 1), 50), 400))
}
