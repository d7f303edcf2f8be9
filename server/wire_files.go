package server

import (
	"context"
	"fmt"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/keyring"
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
	key, err := r.secret(ctx, "files")
	if err != nil {
		return err
	}
	r.files = files.New(files.Config{
		Collections: found, Key: key[:], Now: r.server.options.Now, Log: r.logger,
		Observe: func(event string) { r.server.metrics.files.WithLabelValues(event).Inc() },
	})
	return nil
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
