package cluster

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync"
	"time"
)

// report is what has happened over time.
type report struct {
	start  time.Time
	phases []*phaseOf
	notes  []string

	mu    sync.Mutex // guards calls
	calls []called
}

type called struct {
	kind  string // read and write with the SDK, raw without
	at    time.Time
	took  time.Duration
	ok    bool
	phase int
}

type phaseOf struct {
	report     *report
	index      int
	name       string
	outage     bool // failures are expected
	begin, end time.Time
}

func newReport() *report { return &report{start: time.Now()} }

func (r *report) phase(name string, f func()) {
	r.mu.Lock()
	p := &phaseOf{report: r, index: len(r.phases), name: name, outage: name == outage, begin: time.Now()}
	r.phases = append(r.phases, p)
	r.mu.Unlock()
	f()
	r.mu.Lock()
	defer r.mu.Unlock()
	p.end = time.Now()
}

// outage is the phase in which failures are expected.
const outage = "PostgreSQL away for 5 s"

// note notes a call, in the phase in which it has ended; or, of those that it was under way in, in the one in which
// failures are expected.
func (r *report) note(kind string, start time.Time, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	phase := max(0, len(r.phases)-1)
	for i, p := range r.phases {
		if p.outage && (p.end.IsZero() || start.Before(p.end)) {
			phase = i
		}
	}
	r.calls = append(r.calls, called{kind, start, time.Since(start), ok, phase})
}

func (p *phaseOf) count(kind string) (all, failed int, p99 time.Duration) {
	p.report.mu.Lock()
	defer p.report.mu.Unlock()
	var took []time.Duration
	for _, c := range p.report.calls {
		if c.phase == p.index && c.kind == kind {
			if all++; !c.ok {
				failed++
			}
			took = append(took, c.took)
		}
	}
	slices.Sort(took)
	if len(took) > 0 {
		p99 = took[len(took)*99/100]
	}
	return all, failed, p99
}

func (p *phaseOf) failed(kind string) int {
	_, failed, _ := p.count(kind)
	return failed
}

// table is the report in Markdown.
func (r *report) table() string {
	var out strings.Builder
	out.WriteString("| phase | seconds | reads (SDK) | failed | p99 ms | writes (SDK) | failed | p99 ms | without SDK | failed |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, p := range r.phases {
		fmt.Fprintf(&out, "| %s | %.1f |", p.name, p.end.Sub(p.begin).Seconds())
		for _, kind := range []string{"read", "write"} {
			all, failed, p99 := p.count(kind)
			fmt.Fprintf(&out, " %d | %d | %d |", all, failed, p99.Milliseconds())
		}
		all, failed, _ := p.count("raw")
		fmt.Fprintf(&out, " %d | %d |\n", all, failed)
	}
	for _, n := range r.notes {
		out.WriteString("\n" + n + "\n")
	}
	return out.String()
}

// picture draws answers and errors over time.
func (r *report) picture() []byte {
	const width, height, left, top, bottom = 960, 320, 50, 60, 30
	const bucket = 250 * time.Millisecond
	total := r.phases[len(r.phases)-1].end.Sub(r.start)
	n := int(total/bucket) + 1
	good, bad := make([]int, n), make([]int, n)
	most := 1
	for _, c := range r.calls {
		i := min(n-1, max(0, int(c.at.Add(c.took).Sub(r.start)/bucket)))
		if c.ok {
			good[i]++
		} else {
			bad[i]++
		}
		most = max(most, good[i], bad[i])
	}
	x := func(t time.Duration) float64 { return left + float64(width-left-10)*float64(t)/float64(total) }
	y := func(v int) float64 {
		return float64(height-bottom) - float64(height-top-bottom)*float64(v)/float64(most)
	}
	perSecond := int(time.Second / bucket)
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="white"/><text x="%d" y="16" font-size="13">Answers per second (blue), and errors (red), over time</text>`+"\n", width, height, left)
	for i, p := range r.phases {
		from, to := x(p.begin.Sub(r.start)), x(p.end.Sub(r.start))
		fill := []string{"#f4f4f4", "#e8e8e8"}[i%2]
		fmt.Fprintf(&out, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, from, top, to-from, height-top-bottom, fill)
		fmt.Fprintf(&out, `<text x="%.1f" y="%d" font-size="9">%s</text>`+"\n", from+2, top-6-10*(i%3), html.EscapeString(p.name))
	}
	for _, part := range []int{0, most / 2, most} {
		fmt.Fprintf(&out, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ccc"/><text x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n", left, width-10, y(part), y(part), left-4, y(part)+4, part*perSecond)
	}
	line := func(values []int, colour string) {
		fmt.Fprintf(&out, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, colour)
		for i, v := range values[:n-1] {
			fmt.Fprintf(&out, "%.1f,%.1f ", x(time.Duration(i)*bucket), y(v))
		}
		out.WriteString("\"/>\n")
	}
	line(good, "#1f6feb")
	line(bad, "#d1242f")
	for s := time.Duration(0); s <= total; s += 5 * time.Second {
		fmt.Fprintf(&out, `<text x="%.1f" y="%d" text-anchor="middle">%d s</text>`+"\n", x(s), height-12, int(s.Seconds()))
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
