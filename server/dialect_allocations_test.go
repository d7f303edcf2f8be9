//go:build !race

package server

import "testing"

// TestDialect_Allocations holds reads by /rest/v1 near the native ones. One more than a few is an allocation for each row, or work
// that is done for each request again.
func TestDialect_Allocations(t *testing.T) {
	s, reads := dialectReads(t)
	made := map[string]float64{}
	for _, c := range reads {
		made[c.name] = testing.AllocsPerRun(200, func() {
			c.ask.Response.Reset()
			if s.transport.Handle(c.ask); c.ask.Response.StatusCode() != 200 {
				t.Fatal(c.ask.Response.String())
			}
		})
	}
	for name, most := range map[string]float64{"get": 16, "list": 6} {
		if more := made[name+"/rest"] - made[name+"/native"]; more > most {
			t.Errorf("%s: %v allocations, and %v by the native API", name, made[name+"/rest"], made[name+"/native"])
		}
	}
}
