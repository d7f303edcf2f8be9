package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
)

var _ db.Streamer = (*Driver)(nil)

const (
	// turnBytes is how much of the write-ahead log is streamed before the log may be reset.
	turnBytes = 16 << 20
	// restBytes is how much of it is read while no one can write.
	restBytes = 4 << 20
	// turns is how often a stream tries to begin, at intervals of turnTime: readers may need the log.
	turns    = 100
	turnTime = 100 * time.Millisecond
)

// stream reads the write-ahead log. A transaction of its own, in which it reads nothing, keeps the log: SQLite neither
// moves pages into the database that are newer, nor resets the log, before that has ended. It ends when everything in
// the log has been read, while no process can write.
type stream struct {
	driver *Driver
	turnAt int64 // turnBytes
	most   int   // restBytes

	mu     sync.Mutex
	closed bool
	conn   *conn // which has the transaction
	at     walPosition
	// fresh says that the log may be reset, once: all of it was in the database when the transaction began.
	fresh  bool
	sums   []uint64 // of each page
	total  uint64
	pages  uint32
	frozen bool // the file of the database is what the stream has begun with
}

// Stream implements [db.Streamer].
func (d *Driver) Stream(ctx context.Context) (db.Stream, error) {
	if strings.HasSuffix(d.path, inMemory) {
		return nil, errors.New("sqlite: a database in memory has no log to stream")
	}
	c, err := open(d.path, d.setup+"; PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0")
	if err != nil {
		return nil, err
	}
	s := &stream{driver: d, turnAt: turnBytes, most: restBytes, conn: c}
	d.streams.add(s, d.writer)
	if err := s.begin(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: streaming the database: %w", err), s.Close())
	}
	return s, nil
}

// begin moves the log into the database, and keeps both from then on.
func (s *stream) begin(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for try := 0; !s.fresh; try++ {
		if try == turns {
			return errors.New("others read the log all the time")
		}
		if try > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(turnTime):
			}
		}
		err := s.driver.writer.alone(ctx, func(*conn) error {
			if err := s.turn(); err != nil || !s.fresh {
				return err
			}
			return s.withLog(func(log *os.File) error {
				var header [walHeaderSize]byte
				if _, err := log.ReadAt(header[:], 0); err != nil || !s.at.start(header) {
					return nil // it is empty
				}
				return s.at.scan(log, func(uint32, int64, []byte) bool { return true }, func(uint32) {})
			})
		})
		if err != nil {
			return err
		}
	}
	s.frozen = true
	return s.measure(ctx)
}

// turn ends the transaction, moves the log into the database, and begins the next one. No one else can write meanwhile.
func (s *stream) turn() error {
	if !s.conn.db.GetAutocommit() {
		if err := s.conn.exec("COMMIT"); err != nil {
			return err
		}
	}
	inLog, moved, err := s.conn.db.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
	if err != nil && !errors.Is(err, sqlite3.BUSY) { // another process does it just now
		return err
	}
	s.fresh, s.frozen = err == nil && inLog == moved, false
	if err := s.conn.exec("BEGIN"); err != nil {
		return err
	}
	_, err = s.conn.number("SELECT count(*) FROM sqlite_schema")
	return err
}

func (s *stream) withLog(f func(*os.File) error) error {
	log, err := os.Open(s.driver.path + "-wal")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f(log), log.Close())
}

// measure sums up the pages of the file.
func (s *stream) measure(ctx context.Context) error {
	s.sums, s.total, s.pages = nil, 0, 0
	return eachPage(ctx, s.driver.path, func(page uint32, content []byte) error {
		s.set(page, sumOf(page, content))
		s.pages = page
		return nil
	})
}

func (s *stream) set(page uint32, sum uint64) {
	if n := int(page) - len(s.sums); n > 0 {
		s.sums = append(s.sums, make([]uint64, n)...)
	}
	s.total ^= s.sums[page-1] ^ sum
	s.sums[page-1] = sum
}

// State implements [db.Stream].
func (s *stream) State() string { return stateOf(s.pages, s.total) }

// Base implements [db.Stream].
func (s *stream) Base(ctx context.Context, w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.frozen {
		return errors.New("sqlite: the base of a stream is read before its steps")
	}
	return eachPage(ctx, s.driver.path, func(_ uint32, content []byte) error {
		_, err := w.Write(content)
		return err
	})
}

// Next implements [db.Stream].
func (s *stream) Next(ctx context.Context, w io.Writer) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, errClosed
	}
	out := stepWriter{w: bufio.NewWriterSize(w, 256<<10), size: s.at.pageSize}
	err := s.withLog(func(log *os.File) error {
		if err := s.follow(log); err != nil {
			return err
		}
		for range 4 { // what came while the rest was written is less each time
			if err := s.write(log, &out); err != nil {
				return err
			}
			if s.at.offset < s.turnAt {
				return nil
			}
			if done, err := s.rest(ctx, log, &out); done || err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && out.any {
		err = out.end(s.pages)
	}
	return out.any, err
}

// follow goes to the beginning of the log where it was reset.
func (s *stream) follow(log *os.File) error {
	var header [walHeaderSize]byte
	if _, err := log.ReadAt(header[:], 0); errors.Is(err, io.EOF) {
		return nil // it is empty: all of it was in the database
	} else if err != nil {
		return err
	}
	if header == s.at.header {
		return nil
	}
	if !s.fresh {
		return errWALGone
	}
	if s.at.start(header) {
		s.fresh = false
	}
	return nil // of a header that is being written the next call reads the rest
}

// write writes the newest content of each page that was committed since the last time.
func (s *stream) write(log *os.File, out *stepWriter) error {
	if s.at.offset == 0 {
		return nil
	}
	changed, pending := map[uint32]int64{}, map[uint32]int64{}
	pages := s.pages
	if err := s.at.scan(log, func(page uint32, at int64, _ []byte) bool { pending[page] = at; return true }, func(n uint32) {
		maps.Copy(changed, pending)
		clear(pending)
		pages = n
	}); err != nil {
		return err
	}
	content := make([]byte, s.at.pageSize())
	for _, page := range slices.Sorted(maps.Keys(changed)) {
		if page > pages {
			continue
		}
		if _, err := log.ReadAt(content, changed[page]); err != nil {
			return err
		}
		if err := s.page(out, page, content); err != nil {
			return err
		}
	}
	if len(changed) > 0 {
		return s.resize(out, pages)
	}
	return nil
}

// rest reads what has come while write has written, keeps every process from writing for that time, and lets the log begin
// anew. It reports false if that is too much.
func (s *stream) rest(ctx context.Context, log *os.File, out *stepWriter) (done bool, err error) {
	type copied struct {
		page    uint32
		content []byte
	}
	var committed, pending []copied
	pages, before, size := s.pages, s.at, 0
	err = s.driver.writer.alone(ctx, func(*conn) error {
		// A log that may be reset can have been, since it was followed: what is in the new one is still to be read.
		if err := s.follow(log); err != nil || s.at.offset < s.turnAt {
			return err
		}
		before = s.at
		err := s.at.scan(log, func(page uint32, _ int64, content []byte) bool {
			if size += len(content); size > s.most {
				return false
			}
			pending = append(pending, copied{page, slices.Clone(content)})
			return true
		}, func(n uint32) {
			committed, pending, pages = append(committed, pending...), nil, n
		})
		if err != nil || size > s.most {
			s.at = before
			return err
		}
		done = true
		return s.turn()
	})
	if err != nil || !done {
		return done, err
	}
	for _, c := range committed {
		if c.page > pages {
			continue
		}
		if err := s.page(out, c.page, c.content); err != nil {
			return true, err
		}
	}
	if len(committed) > 0 {
		err = s.resize(out, pages)
	}
	return true, err
}

func (s *stream) page(out *stepWriter, page uint32, content []byte) error {
	s.set(page, sumOf(page, content))
	s.frozen = false
	return out.page(page, content)
}

func (s *stream) resize(out *stepWriter, pages uint32) error {
	for ; s.pages > pages; s.pages-- {
		s.set(s.pages, 0)
	}
	s.pages = pages
	return out.begin()
}

// Close implements [db.Stream].
func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.driver.streams.remove(s, s.driver.writer)
	return s.conn.close()
}

// streams are those of a driver. While there is one, no one but it moves the log into the database.
type streams struct {
	mu  sync.Mutex
	all map[*stream]struct{}
}

func (l *streams) add(s *stream, w *writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[*stream]struct{}{}
	}
	l.all[s] = struct{}{}
	l.tell(w)
}

func (l *streams) remove(s *stream, w *writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, s)
	l.tell(w)
}

// tell sets when the writer checkpoints the log by itself. That fails only on one that is closed.
func (l *streams) tell(w *writer) {
	pages := autocheckpoint
	if len(l.all) > 0 {
		pages = 0
	}
	_ = w.alone(context.Background(), func(c *conn) error {
		return c.db.Exec(fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", pages))
	})
}

func (l *streams) close() error {
	l.mu.Lock()
	all := slices.Collect(maps.Keys(l.all))
	l.mu.Unlock()
	var errs []error
	for _, s := range all {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
