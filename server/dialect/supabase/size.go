package supabase

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// units are what a size may end with. As in Supabase, kb is 1000 bytes and kib 1024.
var units = []struct {
	suffix string
	size   float64
}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1}}

// sizeOf reads the largest size of an object: a number of bytes, a text such as 20MB, or null for none.
func sizeOf(raw json.RawMessage) (any, error) {
	var text string
	var n int64
	switch {
	case string(raw) == "null":
		return nil, nil
	case json.Unmarshal(raw, &n) == nil && n > 0:
		return n, nil
	case json.Unmarshal(raw, &text) == nil:
		text = strings.ToLower(strings.TrimSpace(text))
		unit := 1.0
		for _, u := range units {
			if number, ok := strings.CutSuffix(text, u.suffix); ok {
				text, unit = strings.TrimSpace(number), u.size
				break
			}
		}
		if size, err := strconv.ParseFloat(text, 64); err == nil && size*unit >= 1 && size*unit <= math.MaxInt64/2 {
			return int64(size * unit), nil
		}
	}
	return nil, badRequest("file_size_limit is a number of bytes, or a size such as 20MB")
}

// numberOf reads a parameter that is a count.
func numberOf(text string, without int) (int, error) {
	if text == "" {
		return without, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, badRequest("limit and offset are numbers")
	}
	return n, nil
}
