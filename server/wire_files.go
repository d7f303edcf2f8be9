package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/keyring"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/webhook"
	"github.com/basalt-dev/basalt/server/wiring"
)

// openStorage is an open storage, which may serve several generations.
type openStorage struct {
	*files.Store
	driver   string
	settings storage.Config
}

// openStorages opens what the runtime before does not have.
func (r *runtime) openStorages(ctx context.Context, old *runtime) error {
	r.stores = map[string]*openStorage{}
	for name, s := range r.config.Storage {
		settings := s.Settings(r.config)
		if old != nil {
			if o := old.stores[name]; o != nil && o.driver == s.Driver && o.settings == settings {
				r.stores[name] = o
				continue
			}
		}
		opened, err := storage.Open(ctx, s.Driver, settings)
		if err != nil {
			return fmt.Errorf("storage %s: %w", name, err)
		}
		r.stores[name] = &openStorage{files.NewStore(opened), s.Driver, settings}
	}
	return nil
}

// wireFiles makes what keeps the bytes of documents.
func (r *runtime) wireFiles(ctx context.Context, collections []*crud.Collection) error {
	stores := map[string]*files.Store{}
	for name, s := range r.stores {
		stores[name] = s.Store
	}
	found := wiring.Files(r.config, stores, collections)
	if len(found) == 0 {
		return nil
	}
	for name, c := range found {
		if err := c.Prepare(ctx); err != nil {
			return fmt.Errorf("files of %s: %w", name, err)
		}
		c.Check = r.checkOf(r.config.Collections[name].Files)
	}
	key, err := r.secret(ctx, "files")
	if err != nil {
		return err
	}
	base := ""
	if r.config.Auth != nil {
		base = r.config.Auth.URL
	}
	r.files = files.New(files.Config{
		Collections: found, Key: key[:], Base: strings.TrimSuffix(base, "/"), Now: r.server.options.Now, Log: r.logger,
		Observe: func(event string) { r.server.metrics.files.WithLabelValues(event).Inc() },
		Maker:   r.claimsNow,
		Makers:  makers{r},
	})
	return nil
}

// The row of a session stays for as long as the links that it has made.
const _ = uint64(auth.LongestGrant - files.MaxLink)

// claimsNow returns the claims that the holder of earlier claims has now, and whether they make an administrator.
func (r *runtime) claimsNow(ctx context.Context, earlier map[string]any) (now map[string]any, admin bool, err error) {
	if now = earlier; r.auth != nil {
		now, err = r.auth.ClaimsNow(ctx, earlier)
	}
	return now, err == nil && config.Satisfies(r.config.Admin.Who, now), err
}

// makers are the accounts, as makers of links. There may be none.
type makers struct{ of *runtime }

func (m makers) Of(ctx context.Context, claims map[string]any) (string, error) {
	if m.of.auth == nil {
		return "", nil
	}
	maker, err := m.of.auth.MakerOf(ctx, claims)
	if err != nil || maker == (auth.Maker{}) {
		return "", err
	}
	name, err := json.Marshal(maker)
	return string(name), err
}

func (m makers) Stands(ctx context.Context, name string) error {
	var maker auth.Maker
	if err := json.Unmarshal([]byte(name), &maker); err != nil {
		return fmt.Errorf("reading who has made a link: %w", err)
	}
	if m.of.auth == nil {
		return fault.Errorf(fault.Unauthenticated, "there are no accounts any more")
	}
	return m.of.auth.Stands(ctx, maker)
}

// startFiles begins to check files, when what they are checked by is there.
func (r *runtime) startFiles(context.Context, *runtime) error {
	r.files.Start(r.crud)
	return nil
}

// maxVerdict is the longest answer of a check.
const maxVerdict = 64 << 10

// checkOf returns what asks the check of files; nil where there is none.
func (r *runtime) checkOf(f *config.Files) func(context.Context, []byte) ([]byte, error) {
	switch {
	case f.Check == "":
		return nil
	case f.CheckService != "":
		return func(ctx context.Context, question []byte) ([]byte, error) {
			return r.services[f.CheckService].Caller.Call(ctx, wire.Call{ID: webhook.NewID(), Service: f.CheckService, Function: f.CheckFunction, Params: question}, nil)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(ctx context.Context, question []byte) (answer []byte, err error) {
		req, err := webhook.Request(ctx, f.Check.Reveal(), []byte(r.config.Webhooks.Secret.Reveal()), webhook.NewID(), question, r.server.options.Now())
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("the webhook cannot be reached: %w", webhook.WithoutURL(err))
		}
		defer func() { err = errors.Join(err, resp.Body.Close()) }()
		if answer, err = io.ReadAll(io.LimitReader(resp.Body, maxVerdict)); err == nil && resp.StatusCode/100 != 2 {
			err = fmt.Errorf("the webhook answers %s", resp.Status)
		}
		return answer, err
	}
}

// secret derives from the key of the tokens, or is kept in the first database.
func (r *runtime) secret(ctx context.Context, name string) ([32]byte, error) {
	if r.verifier != nil {
		return r.verifier.Authority.Key(name), nil
	}
	first := r.databases[r.home()]
	if err := first.Sync(ctx, keyring.Collections()); err != nil {
		return [32]byte{}, err
	}
	key, err := keyring.Key(ctx, first, name, r.server.options.Now())
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(key), nil
}
