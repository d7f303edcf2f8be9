package supabase

import (
	"encoding/json"
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// frame is one message of a Phoenix socket, of either side.
type frame struct {
	// join is the ref of the message that has joined the topic, ref that of a message and of the reply to it.
	join, ref    string
	topic, event string
	payload      []byte
}

// socketWire is the version of the serializer that a client speaks: objects in 1.0.0, arrays and binary broadcasts in 2.0.0.
type socketWire struct{ arrays bool }

func wireOf(vsn string) (socketWire, error) {
	switch vsn {
	case "", "1.0.0":
		return socketWire{}, nil
	case "2.0.0":
		return socketWire{arrays: true}, nil
	}
	return socketWire{}, fault.Errorf(fault.Invalid, "vsn is 1.0.0 or 2.0.0")
}

var errFrame = fault.Errorf(fault.Invalid, "a message is not one of the Phoenix protocol")

// decode reads a message. A ref is a string or null.
func (w socketWire) decode(text []byte) (frame, error) {
	var f frame
	var join, ref *string
	var payload json.RawMessage
	if w.arrays {
		parts := []any{&join, &ref, &f.topic, &f.event, &payload}
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil || len(list) != len(parts) {
			return f, errFrame
		}
		for i, part := range parts {
			if json.Unmarshal(list[i], part) != nil {
				return f, errFrame
			}
		}
	} else {
		var object struct {
			Join         *string `json:"join_ref"`
			Ref          *string
			Topic, Event string
			Payload      json.RawMessage
		}
		if json.Unmarshal(text, &object) != nil {
			return f, errFrame
		}
		join, ref, f.topic, f.event, payload = object.Join, object.Ref, object.Topic, object.Event, object.Payload
	}
	if join != nil {
		f.join = *join
	}
	if ref != nil {
		f.ref = *ref
	}
	f.payload = payload
	if f.topic == "" || f.event == "" || len(f.topic) > maxTopic || len(f.event) > maxTopic || len(f.ref) > maxRef || len(f.join) > maxRef {
		return f, errFrame
	}
	return f, nil
}

const (
	maxTopic = 255 // bytes of a topic or of an event, as a binary message has them
	maxRef   = 64
)

// encode writes a message.
func (w socketWire) encode(f frame) []byte {
	text := func(dst []byte, s string) []byte { return query.String(s).AppendJSON(dst) }
	ref := func(dst []byte, s string) []byte {
		if s == "" {
			return append(dst, "null"...)
		}
		return text(dst, s)
	}
	if w.arrays {
		out := ref([]byte{'['}, f.join)
		out = ref(append(out, ','), f.ref)
		out = text(append(out, ','), f.topic)
		out = text(append(out, ','), f.event)
		return append(append(append(out, ','), f.payload...), ']')
	}
	out := text([]byte(`{"topic":`), f.topic)
	out = text(append(out, `,"event":`...), f.event)
	out = ref(append(out, `,"ref":`...), f.ref)
	return append(append(append(out, `,"payload":`...), f.payload...), '}')
}

// The kinds of binary messages, and the encodings of their payloads.
const (
	kindPush      = 3
	kindBroadcast = 4
	encodingBytes = 0
	encodingJSON  = 1
)

// decodePush reads a broadcast of a client as 2.0.0 has it: a kind, the lengths of five texts and an encoding, the texts, and
// the payload. The frame that it returns has the payload of a broadcast.
func decodePush(b []byte) (frame, error) {
	const lengths = 7
	if len(b) < lengths || b[0] != kindPush || b[6] > encodingJSON {
		return frame{}, errFrame
	}
	at := lengths
	var texts [5]string // join ref, ref, topic, event, metadata
	for i := range texts {
		n := int(b[1+i])
		if len(b) < at+n {
			return frame{}, errFrame
		}
		texts[i] = string(b[at : at+n])
		at += n
	}
	said := message{Event: texts[3]}
	if rest := slices.Clone(b[at:]); b[6] == encodingBytes {
		said.Bytes = &rest
	} else if said.Payload = rest; !json.Valid(rest) {
		return frame{}, errFrame
	}
	payload, err := json.Marshal(said)
	if err != nil || texts[2] == "" {
		return frame{}, errFrame
	}
	return frame{join: texts[0], ref: texts[1], topic: texts[2], event: "broadcast", payload: payload}, nil
}

// encodeBroadcast writes a broadcast of bytes for a client of 2.0.0.
func encodeBroadcast(topic, event, meta string, payload []byte) []byte {
	out := []byte{kindBroadcast, byte(len(topic)), byte(len(event)), byte(len(meta)), encodingBytes}
	return append(append(append(append(out, topic...), event...), meta...), payload...)
}
