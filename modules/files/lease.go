package files

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/query"
)

// leases say which node works on an upload, where the storage has no locks.
var leases = db.Describe("_file_leases",
	db.Column{Name: "id", Type: query.TypeID},
	db.Column{Name: "holder", Type: query.TypeString},
	db.Column{Name: "expires", Type: query.TypeTime, Index: true},
)

const (
	colHolder, colLeased = 1, 2
	// leaseTime is how long an upload stays with a node that does not renew its lease, and so with one that was killed.
	leaseTime = 12 * time.Second
	renewal   = leaseTime / 4
)

var errBusy = fault.Retry(fault.Locked, time.Second, "another request is working on this upload")

// heldKey is the key of the context that ends with a claim, and not with the request.
type heldKey struct{}

// held is the context of what has to be ended although the client is gone. It ends when the upload belongs to another node.
func held(ctx context.Context) context.Context {
	if claimed, ok := ctx.Value(heldKey{}).(context.Context); ok {
		return claimed
	}
	return context.WithoutCancel(ctx)
}

// claim lets one request at a time work on an upload, of all nodes. The context that it returns ends, too, when the claim is
// lost.
func (s *Service) claim(ctx context.Context, c *Collection, id string) (claimed context.Context, free func(), err error) {
	if !uploadID.MatchString(id) {
		return ctx, nil, errNoUpload
	}
	locker, ok := c.Store.Storage.(storage.Locker)
	if !ok {
		return s.lease(ctx, c, id)
	}
	free, err = locker.Lock(id)
	if errors.Is(err, fs.ErrExist) {
		err = errBusy
	}
	return ctx, free, err
}

// lease claims an upload in the database of its documents.
func (s *Service) lease(ctx context.Context, c *Collection, id string) (claimed context.Context, free func(), err error) {
	holder := rand.Text()
	if err := s.takeLease(ctx, c, id, holder); err != nil {
		return ctx, nil, err
	}
	own, cancel := context.WithCancel(held(ctx))
	ctx, end := context.WithCancel(context.WithValue(ctx, heldKey{}, own))
	stop := context.AfterFunc(own, end)
	var renewing sync.WaitGroup
	renewing.Go(func() { s.renewLease(own, cancel, c, id, holder) })
	return ctx, func() {
		stop()
		end()
		cancel()
		renewing.Wait()
		last, done := context.WithTimeout(context.WithoutCancel(ctx), leaseTime)
		defer done()
		if _, err := c.Database.Delete(last, leases, ofHolder(id, holder)); err != nil {
			s.Log.Warn("an upload stays with this node until its lease ends", "error", err.Error())
		}
	}, nil
}

func ofHolder(id, holder string) query.Filter {
	return query.All(leases.ByKey(id), &query.Compare{Path: query.Path{Field: "holder"}, Op: query.Eq, Value: query.String(holder)})
}

func (s *Service) takeLease(ctx context.Context, c *Collection, id, holder string) error {
	until := query.Time(s.Now().Add(leaseTime))
	err := c.Database.Insert(ctx, leases, []query.Row{{query.String(id), query.String(holder), until}})
	if fault.CodeOf(err) != fault.Conflict {
		return err
	}
	over := query.All(leases.ByKey(id), &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Lt, Value: query.Time(s.Now())})
	n, _, err := c.Database.Update(ctx, leases, db.Update{Where: over, Set: []db.Assignment{{Field: colHolder, Value: query.String(holder)}, {Field: colLeased, Value: until}}})
	if err == nil && n == 0 {
		err = errBusy
	}
	return err
}

// renewLease renews a lease until ctx ends, and ends it when the lease is lost.
func (s *Service) renewLease(ctx context.Context, lost func(), c *Collection, id, holder string) {
	tick := time.NewTicker(renewal)
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		once, cancel := context.WithTimeout(ctx, renewal)
		set := []db.Assignment{{Field: colLeased, Value: query.Time(s.Now().Add(leaseTime))}}
		n, _, err := c.Database.Update(once, leases, db.Update{Where: ofHolder(id, holder), Set: set})
		cancel()
		switch {
		case err == nil && n > 0:
			renewed = time.Now()
		case err == nil || time.Since(renewed) > leaseTime-2*renewal:
			lost()
			return
		}
	}
}

// pruneLeases removes those of nodes that were killed.
func (s *Service) pruneLeases(ctx context.Context, database db.Driver) error {
	_, err := database.Delete(ctx, leases, &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Lt, Value: query.Time(s.Now())})
	return err
}
