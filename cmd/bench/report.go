package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// report is what has been measured, for --json.
type report struct {
	figures []figure
}

// figure is one measured value.
type figure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
}

// report prints a figure, and keeps it for the report.
func (o options) report(name, unit string, value float64) {
	fmt.Printf("%-28s %9.2f %s\n", name, value, unit)
	o.keep(name, unit, value)
}

// keep keeps a figure for the report alone.
func (o options) keep(name, unit string, value float64) {
	o.kept.figures = append(o.kept.figures, figure{name, unit, value})
}

// write stores the report.
func (r *report) write(path string) error {
	text, err := json.MarshalIndent(map[string]any{"figures": r.figures}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
