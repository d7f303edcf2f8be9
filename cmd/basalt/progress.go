package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
)

// barWidth is how many characters a bar has.
const barWidth = 30

// bar shows on a terminal how far something is.
type bar struct {
	out   io.Writer // nil where there is no terminal
	last  time.Time
	shown bool
}

// newBar returns a bar on the standard error. Where the standard output is a terminal that is written to, there is none.
func newBar(printing bool) *bar {
	if !isatty.IsTerminal(os.Stderr.Fd()) || printing && isatty.IsTerminal(os.Stdout.Fd()) {
		return &bar{}
	}
	return &bar{out: os.Stderr}
}

// report shows how much is done, ten times a second and at the end.
func (b *bar) report(done, total int64) {
	if b.out == nil || total == 0 || done < total && time.Since(b.last) < 100*time.Millisecond {
		return
	}
	b.last, b.shown = time.Now(), true
	full := int(barWidth * min(done, total) / total)
	_, _ = fmt.Fprintf(b.out, "\r[%s%s] %3d %%  %s of %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*min(done, total)/total, megabytes(done), megabytes(total)) // it is only shown
}

// end moves on to the next line.
func (b *bar) end() {
	if b.shown {
		_, _ = fmt.Fprintln(b.out) // it is only shown
	}
}
