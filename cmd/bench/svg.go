package main

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
)

// draw returns a picture of the ratios of a report, as bars beside the line of the bare handler.
func (r *report) draw() []byte {
	const row, left, unit, right = 26, 130, 240, 70 // pixels; unit is that of a ratio of 1
	var bars []figure
	longest := 1.0
	for _, f := range r.figures {
		if name, ok := strings.CutSuffix(f.Name, ".ratio"); ok {
			bars = append(bars, figure{name, f.Unit, f.Value})
			longest = max(longest, f.Value)
		}
	}
	height, width := row*len(bars)+row, left+int(unit*longest)+right
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n", width, height, width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for i, bar := range slices.All(bars) {
		y := i * row
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.0f" height="%d" fill="#4a7ab5"/><text x="%.0f" y="%d">%.2f</text>`+"\n",
			left-8, y+18, html.EscapeString(bar.Name), left, y+4, unit*bar.Value, row-8, left+6+unit*bar.Value, y+18, bar.Value)
	}
	fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="0" y2="%d" stroke="#b33"/><text x="%d" y="%d" text-anchor="middle">1 is what it is compared with</text>`+"\n</svg>\n", left+unit, left+unit, height-row, left+unit, height-8)
	return b.Bytes()
}
