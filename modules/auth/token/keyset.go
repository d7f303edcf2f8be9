package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Limits for fetching the keys of other issuers.
const (
	maxKeySet     = 512 << 10        // bytes of an answer
	keySetFresh   = 10 * time.Minute // how long keys are used without fetching
	keySetPause   = 30 * time.Second // between two fetches for an unknown key
	keySetTimeout = 5 * time.Second
	maxBackOff    = 10 * time.Minute
)

// KeySet has the public keys of an external issuer (RFC 7517), fetched when a token needs them. An unknown key
// causes a fetch, at most once per keySetPause. Failures back off, and known keys stay valid.
type KeySet struct {
	// URL is where the keys are; if it is empty, it is read from Issuer's discovery document.
	URL, Issuer string
	Client      *http.Client
	Now         func() time.Time

	fetching sync.Mutex // held during a fetch, so that only one runs
	mu       sync.RWMutex
	keys     []jose.JSONWebKey // guarded by mu, as are the fields below
	fetched  time.Time
	next     time.Time // not before this
	failures int
}

var errKeysAway = errors.New("the keys of the issuer cannot be fetched")

// Find returns the public keys of an id for an algorithm. Without an id all are candidates.
func (s *KeySet) Find(ctx context.Context, id, algorithm string) ([]any, error) {
	found, fresh := s.known(id, algorithm)
	if len(found) > 0 && fresh {
		return found, nil
	}
	err := s.fetch(ctx)
	if later, _ := s.known(id, algorithm); len(later) > 0 {
		return later, nil
	}
	return nil, err
}

func (s *KeySet) known(id, algorithm string) (found []any, fresh bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range s.keys {
		if id != "" && k.KeyID != id || k.Use != "" && k.Use != "sig" || k.Algorithm != "" && k.Algorithm != algorithm || !fits(algorithm, k.Key) {
			continue
		}
		found = append(found, k.Key)
	}
	return found, s.Now().Sub(s.fetched) < keySetFresh
}

// fetch fetches the keys, unless another caller has just done so. It does not end with the request that needs
// them, because other callers wait for the same answer.
func (s *KeySet) fetch(ctx context.Context) error {
	s.fetching.Lock()
	defer s.fetching.Unlock()
	now := s.Now()
	s.mu.RLock()
	wait := now.Before(s.next)
	failed := s.failures > 0
	s.mu.RUnlock()
	if wait {
		if failed {
			return errKeysAway
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keySetTimeout)
	defer cancel()
	keys, err := s.ask(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failures++
		s.next = now.Add(min(time.Second<<min(s.failures, 10), maxBackOff))
		return errors.Join(errKeysAway, err)
	}
	s.keys, s.fetched, s.next, s.failures = keys, now, now.Add(keySetPause), 0
	return nil
}

func (s *KeySet) ask(ctx context.Context) ([]jose.JSONWebKey, error) {
	url := s.URL
	if url == "" {
		var discovery struct {
			Issuer string `json:"issuer"`
			Keys   string `json:"jwks_uri"`
		}
		if err := s.get(ctx, strings.TrimSuffix(s.Issuer, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
			return nil, err
		}
		if discovery.Issuer != s.Issuer || discovery.Keys == "" {
			return nil, fmt.Errorf("the discovery document of %s is that of %q", s.Issuer, discovery.Issuer)
		}
		url = discovery.Keys
	}
	var raw struct{ Keys []json.RawMessage }
	if err := s.get(ctx, url, &raw); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, r := range raw.Keys { // an unknown key type does not invalidate the others
		var k jose.JSONWebKey
		if k.UnmarshalJSON(r) == nil && k.Valid() && k.IsPublic() {
			keys = append(keys, k)
		}
	}
	return slices.Clip(keys), nil
}

func (s *KeySet) get(ctx context.Context, url string, into any) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxKeySet)).Decode(into)
}
