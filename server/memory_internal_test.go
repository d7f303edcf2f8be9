package server

import "testing"

func TestGarbage_IsBoundedInBytes(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 8 << 20: 400, 20 << 20: 200, 40 << 20: 100, 80 << 20: 50, 1 << 30: 50} {
		if got := garbage(live); got != want {
			t.Errorf("with %d MiB alive there may be %d %% garbage, not %d", live>>20, got, want)
		}
	}
}
