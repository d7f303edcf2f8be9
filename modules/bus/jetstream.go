package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The JetStream stream of a stream is named BASALT_ and its name. An existing stream is used unchanged: operators
// who want replicas or other limits create or edit it themselves.
func streamConfig(stream string, keep time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: streamName(stream), Description: "messages of Basalt", Subjects: []string{streamSubject(stream)},
		MaxAge: keep, Duplicates: min(sameTime, keep), Storage: jetstream.FileStorage,
	}
}

func streamName(stream string) string { return "BASALT_" + stream }

func streamSubject(stream string) string { return prefix + "stream." + stream }

var errNoJetStream = errors.New("bus: this NATS server keeps no streams; start it with -js")

// makeStream creates a stream that does not exist.
func (n *NATS) makeStream(ctx context.Context, stream string, keep time.Duration) (jetstream.Stream, error) {
	s, err := n.streams.CreateStream(ctx, streamConfig(stream, keep))
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // created concurrently, or with another configuration
		s, err = n.streams.Stream(ctx, streamName(stream))
	}
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
		return nil, errNoJetStream
	}
	return s, err
}

// Append implements [Streams].
func (n *NATS) Append(ctx context.Context, stream, id string, message []byte, keep time.Duration) error {
	publish := func() error {
		_, err := n.streams.PublishMsg(ctx, &nats.Msg{Subject: streamSubject(stream), Data: message}, jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
		return err
	}
	err := publish()
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders) {
		if _, err := n.makeStream(ctx, stream, keep); err != nil {
			return err
		}
		err = publish()
	}
	return err
}

// Consume implements [Streams]. A group is a durable consumer.
func (n *NATS) Consume(stream, group string, most int, handle func(context.Context, Entry) error) (func(), error) {
	m := newMember(most)
	var consumer jetstream.Consumer
	m.run(func(free int) error {
		if consumer == nil {
			var err error
			if consumer, err = n.consumer(m.ctx, stream, group); err != nil {
				return err
			}
		}
		batch, err := consumer.Fetch(free, jetstream.FetchMaxWait(fetchTime))
		if err != nil {
			consumer = nil // the consumer may have been deleted
			return err
		}
		for message := range batch.Messages() {
			m.begin(func(ctx context.Context) { handleMessage(ctx, message, handle) })
		}
		if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
			consumer = nil
			return err
		}
		return nil
	})
	return m.end, nil
}

func (n *NATS) consumer(ctx context.Context, stream, group string) (jetstream.Consumer, error) {
	s, err := n.streams.Stream(ctx, streamName(stream))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = n.makeStream(ctx, stream, defaultKeep)
	}
	if err != nil {
		return nil, err
	}
	c, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: group, AckPolicy: jetstream.AckExplicitPolicy, AckWait: handleTime})
	if err != nil {
		return nil, fmt.Errorf("bus: the group %s of the stream %s: %w", group, stream, err)
	}
	return c, nil
}

func handleMessage(ctx context.Context, message jetstream.Msg, handle func(context.Context, Entry) error) {
	e := Entry{ID: message.Headers().Get(jetstream.MsgIDHeader), Message: message.Data(), Attempt: 1}
	if meta, err := message.Metadata(); err == nil {
		e.Attempt = int(meta.NumDelivered)
	}
	var err error
	whileHandled(func() { err = handle(ctx, e) }, func() { _ = message.InProgress() }) // a failure is harmless: the next call may succeed
	// A lost acknowledgement only causes a redelivery.
	if err != nil {
		_ = message.NakWithDelay(backoff(e.Attempt))
		return
	}
	_ = message.Ack()
}
