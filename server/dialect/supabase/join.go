package supabase

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/query"
)

// join is a topic that a client has joined, or is joining: until each of its subscriptions has answered, what they say waits.
type join struct {
	topic, channel string
	// ref is that of the join, reply that of its message.
	ref, reply string
	config     joinConfig
	// sender marks the messages of this topic, which do not come back unless they are asked for.
	sender   string
	ids      []string // of its subscriptions
	changes  []*change
	asked    []byte // the changes with their ids, as JSON
	pending  int
	done     bool
	welcomed bool // the channel has said what it has
	waiting  []frame
	size     int // bytes of waiting
	sent     int // bytes of its message, which is kept until it has come about
	members  map[string]meta
}

// maxWaiting is how many bytes wait for the end of a join.
const maxWaiting = 1 << 20

// maxPresenceKey is the longest key that a client has in a presence.
const maxPresenceKey = 128

// joinConfig is what a client joins with.
type joinConfig struct {
	Broadcast struct {
		Ack, Self bool
		Replay    *struct{ Since, Limit int64 }
	}
	Presence struct {
		Key     string
		Enabled bool
	}
	Changes []json.RawMessage `json:"postgres_changes"`
	Private bool
}

// join is phx_join. Its error is the reply; without one, that follows when the subscriptions have begun.
func (s *socket) join(ctx context.Context, f frame) error {
	if old := s.named(f.topic); old != nil {
		s.leave(old)
	}
	var payload struct {
		Config joinConfig
		Token  *string `json:"access_token"`
	}
	if err := json.Unmarshal(f.payload, &payload); err != nil {
		return problem{Code: "InvalidPayload", Message: `phx_join has {"config":{"broadcast","presence","postgres_changes","private"},"access_token"}`}
	}
	j := &join{topic: f.topic, channel: channelOf(f.topic), ref: f.join, reply: f.ref, config: payload.Config, sent: len(f.payload), sender: uuid.NewString(), members: map[string]meta{}}
	if j.ref == "" {
		j.ref = f.ref
	}
	if j.channel == f.topic || j.channel == "" {
		return problem{Code: "UnmatchedTopic", Message: "a topic is realtime: and the name of a channel"}
	}
	if key := j.config.Presence.Key; len(key) > maxPresenceKey {
		return problem{Code: "InvalidPayload", Message: "the key of a presence has at most " + strconv.Itoa(maxPresenceKey) + " bytes"}
	}
	if payload.Token != nil {
		if err := s.signIn(ctx, *payload.Token); err != nil {
			return err
		}
	}
	if err := s.changesOf(j); err != nil {
		return err
	}
	return s.enter(ctx, j)
}

// enter begins the subscriptions of a join. A topic for changes of tables needs no channel, unless more is asked of it.
func (s *socket) enter(ctx context.Context, j *join) error {
	channel := "presence:" + s.number() + ":" + j.config.Presence.Key
	s.add(j, channel)
	err := s.session.Listen(ctx, channel, j.channel, j.config.Presence.Enabled, nil)
	if err = asUnknown(j.channel, err); err != nil {
		if j.needsChannel() {
			s.leave(j)
			return err
		}
		s.without(channel)
	}
	for i, c := range j.changes {
		err := s.session.SubscribeTo(j.ids[i], c.table.name, s.dialect.follow(c), "")
		if err != nil {
			s.leave(j)
			return c.table.read(err)
		}
	}
	if s.named(j.topic) != j { // it has failed meanwhile, and said so
		s.leave(j)
	}
	return nil
}

// needsChannel reports whether a join is of no use without the channel of its topic.
func (j *join) needsChannel() bool {
	return len(j.changes) == 0 || j.config.Private || j.config.Presence.Enabled
}

// leave ends a join.
func (s *socket) leave(j *join) {
	s.drop(j)
	for _, id := range j.ids {
		s.session.Unsubscribe(id)
	}
}

// system is a message about the state of a topic.
func (j *join) system(extension, status, text string) frame {
	payload := append([]byte(`{"extension":"`+extension+`","status":"`+status+`","message":`), quoted(text)...)
	payload = append(append(append(payload, `,"channel":`...), quoted(j.channel)...), '}')
	return frame{join: j.ref, topic: j.topic, event: "system", payload: payload}
}

// failed ends a topic for a client, which joins again.
func (j *join) failed(reason string) frame {
	return frame{join: j.ref, topic: j.topic, event: "phx_error", payload: append(append([]byte(`{"reason":`), quoted(reason)...), '}')}
}

// begun are the first messages of a join that has come about.
func (j *join) begun() []frame {
	response := `{}`
	if len(j.changes) > 0 {
		response = `{"postgres_changes":` + string(j.asked) + `}`
	}
	out := []frame{{join: j.ref, ref: j.reply, topic: j.topic, event: "phx_reply", payload: []byte(`{"status":"ok","response":` + response + `}`)}}
	if len(j.changes) > 0 {
		out = append(out, j.system("postgres_changes", "ok", "Subscribed to PostgreSQL"))
	}
	return append(out, j.waiting...)
}

// publication is a message of a channel, as the session says it.
type publication struct {
	ID   string `json:"message"`
	At   time.Time
	Data json.RawMessage
}

// broadcast is a broadcast for the client; none where it is its own.
func (j *join) broadcast(p publication, replayed bool) (frame, message, bool) {
	m := messageOf(p.Data)
	if m.Sender == j.sender && !j.config.Broadcast.Self {
		return frame{}, m, false
	}
	meta := `{"id":` + string(quoted(p.ID)) + `}`
	if replayed {
		meta = `{"id":` + string(quoted(p.ID)) + `,"replayed":true}`
	}
	out := append([]byte(`{"type":"broadcast","event":`), quoted(m.Event)...)
	out = append(append(out, `,"payload":`...), m.Payload...)
	out = append(append(out, `,"meta":`...), meta...)
	return frame{join: j.ref, topic: j.topic, event: "broadcast", payload: append(out, '}')}, m, true
}

// maxReplay is how many earlier messages a client gets at most.
const maxReplay = 25

// replay are the earlier messages that a private channel asks for.
func (j *join) replay(earlier []publication) []publication {
	ask := j.config.Broadcast.Replay
	if ask == nil || !j.config.Private {
		return nil
	}
	limit := int64(maxReplay)
	if ask.Limit > 0 {
		limit = min(ask.Limit, limit)
	}
	from := time.UnixMilli(ask.Since)
	first := slices.IndexFunc(earlier, func(p publication) bool { return !p.At.Before(from) })
	if first < 0 {
		return nil
	}
	return earlier[max(first, len(earlier)-int(limit)):]
}

// quoted is a string as JSON.
func quoted(text string) []byte { return query.String(text).AppendJSON(nil) }

// presenceKey is the key under which a member of a channel is shown: what it joined with, otherwise its own.
func presenceKey(member string) string {
	_, id, _ := strings.Cut(member, ".")
	if rest, ok := strings.CutPrefix(id, "presence:"); ok {
		if _, key, ok := strings.Cut(rest, ":"); ok && key != "" {
			return key
		}
	}
	return member
}
