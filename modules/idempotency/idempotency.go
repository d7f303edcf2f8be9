// Package idempotency stores the answers to writes with an Idempotency-Key, in the database and the transaction of
// the write. A repeated write gets the first answer and does nothing (draft-ietf-httpapi-idempotency-key-header).
//
// It is not for deciding what a write does or who may: package server provides the request and the transaction.
package idempotency

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Lifetime is how long an answer is kept.
const Lifetime = 24 * time.Hour

// maxKey limits a key, in bytes.
const maxKey = 255

var answers = db.Describe("_idempotency",
	db.Column{Name: "id", Type: query.TypeID},
	db.Column{Name: "request", Type: query.TypeString},
	db.Column{Name: "answer", Type: query.TypeString}, // null while the write is in progress
	db.Column{Name: "begun", Type: query.TypeTime},
	db.Column{Name: "expires", Type: query.TypeTime, Index: true},
)

const (
	answerRequest, answerAnswer, answerBegun, answerExpires = 1, 2, 3, 4
)

// Collections returns the internal collections to sync to a database.
func Collections() []*db.Collection { return []*db.Collection{answers} }

// Answer is the answer to a write.
type Answer struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header,omitempty"`
	Body   []byte            `json:"body,omitempty"`
}

// Write is a write with a key.
type Write struct {
	id, request string
	cipher      cipher.AEAD
	now         time.Time
}

// Caller identifies the sender of a write: its kind, and its name within that kind.
type Caller struct {
	Kind  string
	Parts []string
}

// encode returns an unambiguous string for a list of strings: their number, and each with its length.
func encode(parts ...string) []byte {
	out := binary.AppendUvarint(nil, uint64(len(parts)))
	for _, p := range parts {
		out = append(binary.AppendUvarint(out, uint64(len(p))), p...)
	}
	return out
}

// NewWrite identifies a write by its caller, who alone can get the answer again; by the key; and by the request,
// which must be the same if the key is.
func NewWrite(caller Caller, key string, now time.Time, request ...[]byte) (*Write, error) {
	if len(key) > maxKey {
		return nil, fault.FieldErrorf("Idempotency-Key", "max", "an Idempotency-Key has at most %d characters", maxKey)
	}
	whole := sha256.New()
	for _, part := range request {
		sum := sha256.Sum256(part)
		whole.Write(sum[:])
	}
	named := func(what string) []byte {
		sum := sha256.Sum256(encode(append([]string{what, key, caller.Kind}, caller.Parts...)...))
		return sum[:]
	}
	// Access to the database does not reveal the answers: they are sealed with the client's key.
	block, err := aes.NewCipher(named("seal"))
	if err != nil {
		return nil, err
	}
	w := &Write{id: hex.EncodeToString(named("id")), request: hex.EncodeToString(whole.Sum(nil)), now: now}
	w.cipher, err = cipher.NewGCM(block)
	return w, err
}

func (w *Write) row(answer query.Value) query.Row {
	return query.Row{query.String(w.id), query.String(w.request), answer, query.Time(w.now), query.Time(w.now.Add(Lifetime))}
}

// Keep stores the answer in the transaction of the write. A Conflict means that the write has happened before and
// must be rolled back.
func (w *Write) Keep(ctx context.Context, s db.Store, a Answer) error {
	sealed, err := w.seal(a)
	if err != nil {
		return err
	}
	return s.Insert(ctx, answers, []query.Row{w.row(sealed)})
}

// Claim records that the write has begun, if no transaction can cover it. A Conflict means that it has begun
// before.
func (w *Write) Claim(ctx context.Context, s db.Store) error {
	return s.Insert(ctx, answers, []query.Row{w.row(query.Null)})
}

// Finish stores the answer of a claimed write.
func (w *Write) Finish(ctx context.Context, s db.Store, a Answer) error {
	sealed, err := w.seal(a)
	if err != nil {
		return err
	}
	_, _, err = s.Update(ctx, answers, db.Update{Where: answers.ByKey(w.id), Set: []db.Assignment{{Field: answerAnswer, Value: sealed}}})
	return err
}

// GiveUp deletes the claim of a write that has not happened.
func (w *Write) GiveUp(ctx context.Context, s db.Store) error {
	_, err := s.Delete(ctx, answers, answers.ByKey(w.id))
	return err
}

// Find returns the answer of the write, and false if it has not happened. The error is Invalid if the key was used
// for another request, and Conflict if the write has begun and not ended.
func (w *Write) Find(ctx context.Context, s db.Store) (Answer, bool, error) {
	rows, err := s.Find(db.ReadPrimary(ctx), answers, db.Find{Query: query.Query{Where: answers.ByKey(w.id), Limit: 1}})
	if err != nil || len(rows) == 0 || rows[0][answerExpires].Time().Before(w.now) {
		return Answer{}, false, err
	}
	row := rows[0]
	switch {
	case row[answerRequest].Text() != w.request:
		return Answer{}, false, fault.FieldErrorf("Idempotency-Key", "reused", "this Idempotency-Key was used for another request; use a new key for a new request")
	case row[answerAnswer].IsNull() && w.now.Sub(row[answerBegun].Time()) > time.Minute:
		return Answer{}, false, fault.Errorf(fault.Conflict, "the outcome of an earlier request with this Idempotency-Key is unknown; check the data, then retry with a new key")
	case row[answerAnswer].IsNull():
		return Answer{}, false, fault.Retry(fault.Conflict, time.Second, "a request with this Idempotency-Key is in progress; retry to get its answer")
	}
	a, err := w.open(row[answerAnswer].Text())
	return a, err == nil, err
}

func (w *Write) seal(a Answer) (query.Value, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return query.Null, err
	}
	nonce := make([]byte, w.cipher.NonceSize())
	rand.Read(nonce) // never fails since Go 1.24
	return query.String(base64.StdEncoding.EncodeToString(w.cipher.Seal(nonce, nonce, text, nil))), nil
}

func (w *Write) open(sealed string) (a Answer, err error) {
	text, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(text) < w.cipher.NonceSize() {
		return a, errors.Join(errors.New("idempotency: a stored answer is damaged"), err)
	}
	n := w.cipher.NonceSize()
	if text, err = w.cipher.Open(nil, text[:n], text[n:], nil); err != nil {
		return a, fmt.Errorf("idempotency: a stored answer: %w", err)
	}
	return a, json.Unmarshal(text, &a)
}

// Prune deletes expired entries.
func Prune(ctx context.Context, s db.Store, now time.Time) error {
	_, err := s.Delete(ctx, answers, &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Lt, Value: query.Time(now)})
	return err
}
