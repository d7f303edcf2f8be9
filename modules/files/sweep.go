package files

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/query"
)

// batch is how many hashes, or documents, one query asks about.
const batch = 500

// Report is what a check has found.
type Report struct {
	// Files and Bytes are what documents have.
	Files, Bytes int64
	// Orphans and OrphanBytes are stored, have no document, and are older than the grace time.
	Orphans, OrphanBytes int64
	// Removed are the orphans that were removed.
	Removed int64
	// Missing are documents whose bytes are not there, as collection/id.
	Missing []string
}

// Check compares what is stored with the documents. With repair it removes bytes that no document has and that are older
// than a grace time. Bytes that are missing cannot be repaired.
func (s *Service) Check(ctx context.Context, grace time.Duration, repair bool) (Report, error) {
	var out Report
	if err := s.sweepStores(ctx, max(grace, 0), repair, &out); err != nil {
		return out, err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Collections)) {
		c := s.Collections[name]
		if err := s.sweepContent(ctx, c, grace, repair, &out); err != nil {
			return out, err
		}
		if err := s.checkDocuments(ctx, c, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Sweep removes orphans, beside the caller and until Close, when the last time is long ago. A collection without any
// document is left alone: it is more likely that its database is not the one it was.
func (s *Service) Sweep() {
	if s == nil || len(s.Collections) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.living.Err() != nil || s.Now().Sub(s.swept) < sweepInterval {
		return
	}
	s.swept = s.Now()
	s.running.Go(func() {
		if err := s.sweepAll(s.living); err != nil && s.living.Err() == nil {
			s.Log.Warn("looking for bytes without documents; it is tried again", "error", err.Error())
		}
	})
}

func (s *Service) sweepAll(ctx context.Context) error {
	var out Report
	if err := errors.Join(s.pruneLinks(ctx), s.sweepStores(ctx, Grace, true, &out)); err != nil {
		return err
	}
	for _, c := range s.Collections {
		n, err := c.Database.Count(ctx, c.Stored, query.True)
		if err == nil && n > 0 {
			err = s.sweepContent(ctx, c, Grace, true, &out)
		}
		if err != nil {
			return err
		}
	}
	if out.Removed > 0 {
		s.Log.Info("removed bytes that no document has", "files", out.Removed, "bytes", out.OrphanBytes)
	}
	return nil
}

// sweepStores is sweepArrived for each storage, however many collections it has.
func (s *Service) sweepStores(ctx context.Context, grace time.Duration, repair bool, out *Report) error {
	seen := map[*Store]bool{}
	for _, c := range s.Collections {
		if seen[c.Store] {
			continue
		}
		seen[c.Store] = true
		if err := s.sweepArrived(ctx, c.Store, grace, repair, out); err != nil {
			return err
		}
	}
	return nil
}

// sweepArrived removes what has arrived and never got a document, uploads in pieces that have expired, and what a node that
// was killed has begun to write.
func (s *Service) sweepArrived(ctx context.Context, store *Store, grace time.Duration, repair bool, out *Report) error {
	remove := func(key string, size int64) error {
		out.Orphans++
		out.OrphanBytes += size
		if !repair {
			return nil
		}
		out.Removed++
		return store.Delete(ctx, key)
	}
	if grace > 0 { // an upload may take long
		grace = max(grace, expiry)
	}
	for _, prefix := range []string{arrived, resuming} {
		var old []storage.Object
		newest := map[string]time.Time{} // of each upload in pieces
		err := store.List(ctx, prefix, func(o storage.Object) error {
			if at := newest[uploadOf(o.Key)]; o.Stored.After(at) {
				newest[uploadOf(o.Key)] = o.Stored
			}
			old = append(old, o)
			return nil
		})
		if err != nil {
			return err
		}
		for _, o := range old {
			stored := o.Stored
			if prefix == resuming {
				stored = newest[uploadOf(o.Key)]
			}
			if grace > 0 && s.Now().Sub(stored) < grace {
				continue
			}
			if err := remove(o.Key, o.Size); err != nil {
				return err
			}
		}
	}
	if err := s.sweepUnfinished(ctx, store, grace, repair, out); err != nil { // keys of S3 may not be allowed to ask
		s.Log.Warn("looking for what was begun in the storage and never finished", "error", err.Error())
	}
	return ctx.Err()
}

// sweepUnfinished removes what was begun and never was an object.
func (s *Service) sweepUnfinished(ctx context.Context, store *Store, grace time.Duration, repair bool, out *Report) error {
	unfinished, ok := store.Storage.(storage.Unfinished)
	if !ok {
		return nil
	}
	var keys []string
	err := unfinished.ListUnfinished(ctx, func(o storage.Object) error {
		if s.own(o.Key) && (grace <= 0 || s.Now().Sub(o.Stored) >= grace) {
			keys = append(keys, o.Key)
		}
		return nil
	})
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if out.Orphans++; !repair || err != nil {
			continue
		}
		if err = unfinished.DropUnfinished(ctx, key); err == nil {
			out.Removed++
		}
	}
	return err
}

// own reports whether a key is one that files are kept under: a bucket may be shared with other programs.
func (s *Service) own(key string) bool {
	if strings.HasPrefix(key, arrived) || strings.HasPrefix(key, resuming) {
		return true
	}
	for _, c := range s.Collections {
		if strings.HasPrefix(key, c.prefix()) || strings.HasPrefix(key, pictured+c.Name+"/") {
			return true
		}
	}
	return false
}

// sweepContent removes the bytes of a collection that no document has, and pictures of such bytes.
func (s *Service) sweepContent(ctx context.Context, c *Collection, grace time.Duration, repair bool, out *Report) error {
	if err := s.sweepUnder(ctx, c, c.prefix(), grace, repair, out); err != nil {
		return err
	}
	return s.sweepUnder(ctx, c, pictured+c.Name+"/", grace, repair, out)
}

// sweepUnder removes what is stored under a prefix, and whose hash no document has.
func (s *Service) sweepUnder(ctx context.Context, c *Collection, prefix string, grace time.Duration, repair bool, out *Report) error {
	var some []storage.Object
	ask := func() error {
		sums := make([]string, len(some))
		for i, o := range some {
			sums[i] = c.sumOf(o.Key)
		}
		had, err := c.has(ctx, sums)
		if err != nil {
			return err
		}
		for i, o := range some {
			if had[sums[i]] {
				continue
			}
			out.Orphans++
			out.OrphanBytes += o.Size
			if !repair {
				continue
			}
			removed, _, err := s.release(ctx, c, sums[i], grace)
			if err != nil {
				return err
			}
			if removed {
				out.Removed++
			}
		}
		some = some[:0]
		return nil
	}
	err := c.Store.List(ctx, prefix, func(o storage.Object) error {
		if grace > 0 && s.Now().Sub(o.Stored) < grace || c.sumOf(o.Key) == "" {
			return nil
		}
		if some = append(some, o); len(some) < batch {
			return nil
		}
		return ask()
	})
	if err != nil || len(some) == 0 {
		return err
	}
	return ask()
}

// sumOf is the hash of the bytes, or of what a picture was made of, that a key names; empty for no key of ours.
func (c *Collection) sumOf(key string) string {
	if sum := path.Base(key); len(sum) == hashLength && c.key(sum) == key {
		return sum
	}
	if sum := path.Base(path.Dir(key)); len(sum) == hashLength && strings.HasPrefix(key, c.pictured(sum)) {
		return sum
	}
	return ""
}

// checkDocuments looks for the bytes of every document.
func (s *Service) checkDocuments(ctx context.Context, c *Collection, out *Report) error {
	field := c.Stored.Shape.Index(fieldSHA256)
	after := query.Filter(query.True)
	for {
		find := db.Find{Query: query.Query{Where: after, Sort: c.Stored.KeyOrder(false), Limit: batch}}
		rows, err := c.Database.Find(db.ReadPrimary(ctx), c.Stored, find)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if len(row[field].Text()) != hashLength {
				continue // made by hand, without bytes
			}
			object, err := c.Store.Stat(ctx, c.key(row[field].Text()))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				out.Missing = append(out.Missing, c.Name+"/"+c.Stored.ID(row))
			case err != nil:
				return err
			default:
				out.Files++
				out.Bytes += object.Size
			}
		}
		if len(rows) < batch {
			return nil
		}
		after = &query.Compare{Path: c.Stored.KeyPath(), Op: query.Gt, Value: rows[len(rows)-1][c.Stored.Key]}
	}
}
