package realtime

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/basalt-dev/basalt/modules/query"
)

// event is what a listener receives, encoded once for all: the members of the message after the id, and the
// closing bracket.
type event struct {
	name string
	body []byte
	// resume is the token in it, for server-sent events.
	resume string
	// change is what it does to the places; nil when it leaves them.
	change *change
}

// change puts a document in a place, or takes it out where there is no hash.
type change struct {
	place
	index int
}

// on returns the places after the change.
func (c *change) on(places []place) []place {
	if at := slices.IndexFunc(places, func(p place) bool { return p.key == c.key }); at >= 0 {
		places = slices.Delete(places, at, at+1)
	}
	if c.hash == 0 {
		return places
	}
	return slices.Insert(places, c.index, c.place)
}

// finish ends an event with the token of a state. more says that others of the same step follow.
func (e *event) finish(state uint64, more bool) {
	e.resume = tokenOf(state)
	if more {
		e.body = append(e.body, `"more":true,`...)
	}
	e.body = append(append(append(e.body, `"resume":"`...), e.resume...), `"}`...)
}

func hashOf(key string, json []byte) uint64 {
	h := xxhash.NewWithSeed(uint64(len(key)))
	_, _ = h.WriteString(key) // never fails
	_, _ = h.Write(json)
	return max(h.Sum64(), 1)
}

// stateOf is a hash of what is shown: two states with the same hash are the same.
func stateOf(shown []place, total int64) uint64 {
	buffer := make([]byte, 0, 8*(len(shown)+1))
	for _, p := range shown {
		buffer = binary.BigEndian.AppendUint64(buffer, p.hash)
	}
	return xxhash.Sum64(binary.BigEndian.AppendUint64(buffer, uint64(total)))
}

// A token names what its holder has been shown, by its hash. So it is good on every node, and one that is made
// up harms its maker only.
func tokenOf(state uint64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, state))
}

func stateOfToken(token string) (uint64, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(raw), true
}

// changesOf returns the changes that lead from one list to another, in order: removed documents, and
// those that are added or modified with their new places.
func changesOf(old, next []place, json func(int) []byte) []*event {
	first := 0
	for first < len(old) && first < len(next) && old[first] == next[first] {
		first++
	}
	end := 0
	for end < len(old)-first && end < len(next)-first && old[len(old)-1-end] == next[len(next)-1-end] {
		end++
	}
	was, is := old[first:len(old)-end], next[first:len(next)-end]
	if len(was) == 0 && len(is) == 0 {
		return nil
	}
	hashes := make(map[string]uint64, len(was))
	for _, p := range was {
		hashes[p.key] = p.hash
	}
	stays := make(map[string]bool, len(is))
	for _, p := range is {
		stays[p.key] = true
	}
	var events []*event
	list := make([]string, 0, len(is)) // as the client has it
	for _, p := range was {
		if stays[p.key] {
			list = append(list, p.key)
		} else {
			events = append(events, removed(p.key))
		}
	}
	for i := 0; i < len(is); i++ {
		key := is[i].key
		hash, known := hashes[key]
		switch {
		case !known:
			list = slices.Insert(list, i, key)
			events = append(events, documentEvent("added", is[i], first+i, json(first+i)))
		case list[i] == key:
			if hash != is[i].hash {
				events = append(events, documentEvent("modified", is[i], first+i, json(first+i)))
			}
		case len(list) > i+1 && list[i+1] == key: // it is the one in between that has moved
			moved := list[i]
			at := slices.IndexFunc(is, func(p place) bool { return p.key == moved })
			list = slices.Delete(list, i, i+1)
			to := min(at, len(list))
			list = slices.Insert(list, to, moved)
			events = append(events, documentEvent("modified", is[at], first+to, json(first+at)))
			hashes[moved] = is[at].hash
			i--
		default:
			from := slices.Index(list, key)
			list = slices.Insert(slices.Delete(list, from, from+1), i, key)
			events = append(events, documentEvent("modified", is[i], first+i, json(first+i)))
		}
	}
	return events
}

func removed(key string) *event {
	body := query.String(key).AppendJSON([]byte(`"event":"change","type":"removed","key":`))
	return &event{name: "change", body: append(body, ','), change: &change{place: place{key: key}}}
}

func documentEvent(kind string, p place, index int, json []byte) *event {
	body := make([]byte, 0, len(json)+len(p.key)+120)
	body = append(append(append(body, `"event":"change","type":"`...), kind...), `","key":`...)
	body = query.String(p.key).AppendJSON(body)
	body = strconv.AppendInt(append(body, `,"index":`...), int64(index), 10)
	body = append(append(body, `,"doc":`...), json...)
	return &event{name: "change", body: append(body, ','), change: &change{p, index}}
}
