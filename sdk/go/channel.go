package basalt

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Channel carries messages between clients, which are not stored, and says who is there.
type Channel struct {
	client *Client
	name   string
}

// Channel returns the channel of a name.
func (c *Client) Channel(name string) Channel { return Channel{c, name} }

// Publish sends a message to all who listen, and returns when the server has taken it.
func (c Channel) Publish(ctx context.Context, data any) error {
	_, err := c.client.do(ctx, call{method: http.MethodPost, path: "/v1/channels/" + url.PathEscape(c.name), body: map[string]any{"data": data}}, nil)
	return err
}

// ChannelEvent is a message, or a member who joins, leaves or has a new state.
type ChannelEvent struct {
	// Type is "message", "join", "update" or "leave".
	Type string
	// ID is that of a message, or the key of a member: one user with two connections is there twice.
	ID string
	// User is the sender of the message, or the member; empty for an anonymous one.
	User string
	// Data is the message, or the state of the member.
	Data json.RawMessage
	// At is when a message was sent.
	At time.Time
	// Past says that it was so before this client came.
	Past bool
}

// Join goes through what happens in a channel. With a state that is not nil the caller is there, and seen by others.
// After a lost connection, members are sent again; messages once.
func (c Channel) Join(ctx context.Context, state any) iter.Seq2[ChannelEvent, error] {
	return func(yield func(ChannelEvent, error) bool) {
		ask := map[string]any{"channel": c.name, "presence": true}
		if state != nil {
			ask["state"] = state
		}
		known := map[string]bool{}
		deliver := func(events ...ChannelEvent) error {
			for _, e := range events {
				if e.Type == "message" {
					if known[e.ID] {
						continue
					}
					known[e.ID] = true
				}
				if !yield(e, nil) {
					return errEnough
				}
			}
			return nil
		}
		message := func(m liveMessage, past bool) ChannelEvent {
			return ChannelEvent{"message", m.Message, m.From, m.Data, m.At, past}
		}
		err := c.client.listen(ctx, func() map[string]any { return ask }, func(m liveMessage) error {
			switch m.Event {
			case "message":
				return deliver(message(m, false))
			case "presence":
				return deliver(ChannelEvent{m.Type, m.Key, m.User, m.State, time.Time{}, false})
			case "subscribed":
				var events []ChannelEvent
				for _, p := range m.Present {
					events = append(events, ChannelEvent{"join", p.Key, p.User, p.State, time.Time{}, true})
				}
				for _, old := range m.Messages {
					events = append(events, message(old, true))
				}
				return deliver(events...)
			}
			return nil
		}, func() error { return nil })
		if err != nil && err != errEnough {
			yield(ChannelEvent{}, err)
		}
	}
}
