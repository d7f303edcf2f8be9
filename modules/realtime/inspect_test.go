package realtime

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestInspect_ShowsTheFirstMembers has more members than are shown, in the order of a map.
func TestInspect_ShowsTheFirstMembers(t *testing.T) {
	t.Parallel()
	c := &channelState{members: map[string]member{}}
	var want []Present
	for n := range 500 {
		p := Present{User: fmt.Sprintf("u%02d", n%50), Key: fmt.Sprintf("k%03d", n)}
		state := `{"name":3}`
		switch n % 4 {
		case 0:
			p.Name, state = "Ann", `{"name":"Ann","x":1}`
		case 1:
			p.Name, state = strings.Repeat("n", maxCalled)+"…", `{"name":"`+strings.Repeat("n", 5000)+`"}`
		case 2:
			state = `["name"]`
		}
		c.members[p.Key] = member{Key: p.Key, User: p.User, State: json.RawMessage(state)}
		want = append(want, p)
	}
	slices.SortFunc(want, func(a, b Present) int { return strings.Compare(a.User+a.Key, b.User+b.Key) })
	for _, most := range []int{0, 1, 100, 499, 500, 1000} {
		if got := c.present(most); !slices.Equal(got, want[:min(most, 500)]) {
			t.Errorf("of %d: got %v", most, got)
		}
	}
}
