package supabase

import (
	"encoding/json"
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// attendee is who is in a channel, as the session says it.
type attendee struct {
	Key   string
	State json.RawMessage
}

// meta is what a client knows of a member: the key it is shown under, a ref that is another for each state, and the state.
type meta struct {
	key, ref string
	json     []byte
}

func (m meta) size() int { return 128 + len(m.key) + len(m.json) }

// metaOf describes a member. A state that is no object, which clients of Basalt may have, is the member "state" of one.
func metaOf(who attendee) meta {
	out := meta{key: presenceKey(who.Key), ref: strconv.FormatUint(xxhash.Sum64String(who.Key+"\x00"+string(who.State)), 36)}
	members := map[string]json.RawMessage{}
	if json.Unmarshal(who.State, &members) != nil || members == nil {
		members = map[string]json.RawMessage{"state": who.State}
	}
	members["phx_ref"] = quoted(out.ref)
	out.json, _ = json.Marshal(members) // they are JSON
	return out
}

// grouped writes metas by their keys: {"key":{"metas":[…]}}.
func grouped(all []meta) []byte {
	type metas struct {
		Metas []json.RawMessage `json:"metas"`
	}
	out := map[string]metas{}
	for _, m := range all {
		out[m.key] = metas{append(out[m.key].Metas, m.json)}
	}
	text, _ := json.Marshal(out) // of JSON
	return text
}

// everyone is presence_state: all who are there.
func (t *speaker) everyone(j *join, present []attendee) frame {
	for _, m := range j.members {
		t.hold(-m.size())
	}
	clear(j.members)
	var all []meta
	for _, who := range present {
		all = append(all, t.keep(j, who))
	}
	return frame{join: j.ref, topic: j.topic, event: "presence_state", payload: grouped(all)}
}

func (t *speaker) keep(j *join, who attendee) meta {
	m := metaOf(who)
	j.members[who.Key] = m
	t.hold(m.size())
	return m
}

// moved is presence_diff: a member has joined or left; a changed state is both.
func (t *speaker) moved(j *join, m sessionMessage) frame {
	var joins, leaves []meta
	if old, ok := j.members[m.Key]; ok {
		leaves = append(leaves, old)
		delete(j.members, m.Key)
		t.hold(-old.size())
	}
	if m.Type != "leave" {
		joins = append(joins, t.keep(j, attendee{m.Key, m.State}))
	}
	payload := append(append([]byte(`{"joins":`), grouped(joins)...), `,"leaves":`...)
	return frame{join: j.ref, topic: j.topic, event: "presence_diff", payload: append(append(payload, grouped(leaves)...), '}')}
}
