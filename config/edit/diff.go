package edit

import "strings"

// Line is a line of a difference: "+" is new, "-" is gone, " " is beside them, "…" stands for those that are left out, with
// the name of the collection in its text where the line that names it is among them. Number counts from 1, in the new text; of
// a line that is gone, in the old one.
type Line struct {
	Op     string `json:"op"`
	Number int    `json:"line,omitempty"`
	Text   string `json:"text"`
}

// context is how many lines are shown around a change.
const context = 3

// mostCells bounds the work of a comparison; what differs by more is one change as a whole.
const mostCells = 4 << 20

// Diff compares two texts. It shows lines of the section collections alone: other sections may have secrets.
func Diff(before, after string) []Line {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	all := compare(a, b)
	at := places(after, len(b))
	near := make([]bool, len(all))
	for i, l := range all {
		if l.Op == " " {
			continue
		}
		for k := max(0, i-context); k <= min(len(all)-1, i+context); k++ {
			near[k] = true
		}
	}
	out := []Line{}
	left, head, told := false, "", false // told says that the collection has been named
	for i, l := range all {
		if name, ok := at.heads[l.Number]; ok && l.Op != "-" {
			head, told = name, false
		}
		if l.Op == " " && (!near[i] || l.Number < at.first || l.Number > at.last) {
			left = true
			continue
		}
		_, isHead := at.heads[l.Number]
		isHead = isHead && l.Op != "-"
		switch {
		case left && !isHead && !told && head != "":
			out = append(out, Line{Op: "…", Text: head})
		case left && len(out) > 0:
			out = append(out, Line{Op: "…"})
		}
		left, told = false, true
		l.Text = strings.TrimRight(l.Text, "\r")
		out = append(out, l)
	}
	return out
}

// place is where the section collections is: its first and last line, and the lines that begin its collections, with their
// names.
type place struct {
	first, last int
	heads       map[int]string
}

func places(text string, lines int) place {
	nowhere := place{first: lines + 1}
	d, err := parse(text)
	if err != nil {
		return nowhere
	}
	e, err := d.find([]string{"collections"})
	if err != nil || e == nil || e.flow {
		return nowhere
	}
	number := func(at int) int { return strings.Count(text[:at], "\n") + 1 }
	out := place{number(e.key), number(e.stop), map[int]string{}}
	for _, m := range members(e.node) {
		if one, err := d.entry(m, isFlow(e.node)); err == nil {
			out.heads[number(one.key)] = m.Key.GetToken().Value
		}
	}
	return out
}

// compare returns all lines of both texts, those that are the same once.
func compare(a, b []string) (out []Line) {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		out = append(out, Line{" ", start + 1, b[start]})
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	out = append(out, differ(a[start:len(a)-end], b[start:len(b)-end], start)...)
	for i := len(b) - end; i < len(b); i++ {
		out = append(out, Line{" ", i + 1, b[i]})
	}
	return out
}

// differ compares the lines between those that are the same at both ends, which begin behind offset.
func differ(a, b []string, offset int) (out []Line) {
	i, k := 0, 0
	if (len(a)+1)*(len(b)+1) <= mostCells {
		common := longest(a, b)
		for i < len(a) && k < len(b) {
			switch {
			case a[i] == b[k]:
				out = append(out, Line{" ", offset + k + 1, b[k]})
				i, k = i+1, k+1
			case common[i+1][k] >= common[i][k+1]:
				out = append(out, Line{"-", offset + i + 1, a[i]})
				i++
			default:
				out = append(out, Line{"+", offset + k + 1, b[k]})
				k++
			}
		}
	}
	for ; i < len(a); i++ {
		out = append(out, Line{"-", offset + i + 1, a[i]})
	}
	for ; k < len(b); k++ {
		out = append(out, Line{"+", offset + k + 1, b[k]})
	}
	return out
}

// longest returns how many lines the ends of two texts have in common, from each pair of lines on.
func longest(a, b []string) [][]int32 {
	out := make([][]int32, len(a)+1)
	for i := range out {
		out[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for k := len(b) - 1; k >= 0; k-- {
			if a[i] == b[k] {
				out[i][k] = out[i+1][k+1] + 1
			} else {
				out[i][k] = max(out[i+1][k], out[i][k+1])
			}
		}
	}
	return out
}
