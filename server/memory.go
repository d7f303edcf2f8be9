package server

import (
	"os"
	"runtime/debug"
)

// garbage is how much garbage, in percent of what lives, may lie about before it is collected. The heap
// of a node is small, 10 MB or so, and Go's 100 would collect it many times a second under load: with
// 400, a request to PostgreSQL takes 10% less CPU, for some 20 MB under load.
const garbage = 400

// besides is what a node takes besides the memory of its limits: itself, its connections and what they send.
const besides = 256 << 20

// Tune sets the garbage collector for a process that is a node and nothing else, when its server has
// been made, and gives back the memory that making it took. Where much lives, for a moment, garbage is collected more often:
// the limit is a soft one. GOGC and GOMEMLIMIT, where they are set, are left alone.
func (s *Server) Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		l := s.current.Load().config.Limits
		debug.SetMemoryLimit(int64(l.Memory) + int64(l.Cache) + int64(l.History) + int64(l.Live) + besides)
	}
	debug.FreeOSMemory()
}
