package main

import "testing"

func TestMemAvailable_OfWhatLinuxPrints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		"MemTotal:       24684092 kB\nMemFree:        11491000 kB\nMemAvailable:   22761000 kB\nBuffers: 1 kB\n": 22761000 << 10,
		"MemTotal: 1 kB\n": 0,
		"":                 0,
	} {
		if got := memAvailable(text); got != want {
			t.Errorf("%q: got %d", text, got)
		}
	}
}
