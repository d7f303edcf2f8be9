package offline

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// A place that keeps backups has, for each database that is copied continuously, generations: the database of one time, and
// what was committed then, step by step. The name of each says its number, when its reading began and ended, in
// milliseconds, and the state of the database with it:
// log/main/1793450000000-9f3c2d11/00000012-1793450006500-1793450006502-1f-9a0c….zst. The base has the number 0.
const (
	logPrefix  = "log/"
	stepSuffix = ".zst"
	// putTries is how often a step is sent before its copy is given up, and a new one is begun.
	putTries = 6
)

// Continuous copies a database into a place while it changes. One goroutine uses it at a time.
type Continuous struct {
	config   *config.Config
	place    storage.Storage
	stream   db.Stream
	prefix   string // of its generation
	begun    time.Time
	next     int
	database string
	now      func() time.Time
}

// Continue begins to copy a database into backups.to: where the last copy has ended, if nothing was written since and the
// schedule does not ask for a new base.
func Continue(ctx context.Context, c *config.Config, database string, source db.Streamer, now func() time.Time) (out *Continuous, err error) {
	out = &Continuous{config: c, database: database, now: now}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.Close())
		}
	}()
	if out.place, err = openKept(ctx, c, c.Backups.To); err != nil {
		return out, err
	}
	from := now()
	if out.stream, err = source.Stream(ctx); err != nil {
		return out, err
	}
	until := now()
	generations, err := generationsOf(ctx, out.place, database)
	if err != nil {
		return out, err
	}
	if len(generations) > 0 {
		newest := generations[len(generations)-1]
		last, due := newest.steps[len(newest.steps)-1], c.Backups.Times.Next(newest.begun())
		overdue := len(newest.steps) > 1 && !due.IsZero() && now().After(due)
		if last.state == out.stream.State() && newest.whole() && !overdue {
			out.prefix, out.begun, out.next = newest.prefix, newest.begun(), last.number+1
			return out, nil
		}
	}
	var random [4]byte
	_, _ = rand.Read(random[:]) // which does not fail
	out.begun = until
	out.prefix = fmt.Sprintf("%s%s/%d-%s/", logPrefix, database, out.begun.UnixMilli(), hex.EncodeToString(random[:]))
	_, err = out.put(ctx, func(w io.Writer) (bool, time.Time, time.Time, error) {
		return true, from, until, out.stream.Base(ctx, w)
	})
	return out, err
}

// Begun is when the base of the copy was read.
func (c *Continuous) Begun() time.Time { return c.begun }

// Step copies what was committed since the last one, and returns until when everything is copied. After an error the copy
// has to be closed, and begun again.
func (c *Continuous) Step(ctx context.Context) (time.Time, error) {
	return c.put(ctx, func(w io.Writer) (any bool, from, until time.Time, err error) {
		from = c.now()
		any, err = c.stream.Next(ctx, w)
		return any, from, c.now(), err
	})
}

func (c *Continuous) put(ctx context.Context, write func(io.Writer) (any bool, from, until time.Time, err error)) (at time.Time, err error) {
	packed := packedFile{config: c.config}
	defer func() { err = errors.Join(err, packed.close()) }()
	any, at, until, err := write(&packed)
	if err != nil || !any {
		return at, err
	}
	size, err := packed.end()
	if err != nil {
		return at, err
	}
	key := fmt.Sprintf("%s%08d-%d-%d-%s%s", c.prefix, c.next, at.UnixMilli(), until.Add(time.Millisecond-1).UnixMilli(), c.stream.State(), stepSuffix)
	for try := 1; ; try++ {
		if _, err := packed.file.Seek(0, io.SeekStart); err != nil {
			return at, err
		}
		if err = c.place.Put(ctx, key, io.LimitReader(packed.file, size), size); err == nil {
			c.next++
			return at, nil
		}
		if try == putTries {
			return at, err
		}
		select {
		case <-ctx.Done():
			return at, err
		case <-time.After(time.Duration(try) * time.Second):
		}
	}
}

// packedFile packs what is written into a file that has no name, so that a process that is killed leaves none. There is
// nothing before the first write: most steps are empty.
type packedFile struct {
	config *config.Config
	file   *os.File
	packer *zstd.Encoder
}

// Write implements io.Writer.
func (p *packedFile) Write(b []byte) (n int, err error) {
	if p.file == nil {
		if p.file, err = scratchFile(p.config, ".basalt-log-"); err != nil {
			return 0, err
		}
		_ = os.Remove(p.file.Name()) // where that cannot be while it is open, close does it
		if p.packer, err = zstd.NewWriter(p.file, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
			return 0, err
		}
	}
	return p.packer.Write(b)
}

// end returns how large the file is.
func (p *packedFile) end() (int64, error) {
	if p.file == nil {
		return 0, errors.New("a step has nothing in it")
	}
	if err := p.packer.Close(); err != nil {
		return 0, err
	}
	return p.file.Seek(0, io.SeekCurrent)
}

func (p *packedFile) close() error {
	if p.file == nil {
		return nil
	}
	err := p.file.Close()
	if gone := os.Remove(p.file.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// Close ends the copy.
func (c *Continuous) Close() (err error) {
	if c.stream != nil {
		err = c.stream.Close()
	}
	if c.place != nil {
		err = errors.Join(err, c.place.Close())
	}
	return err
}

// Forget removes the copies of which every moment is before a time. What a newer one has begun with stays.
func (c *Continuous) Forget(ctx context.Context, before time.Time) error {
	generations, err := generationsOf(ctx, c.place, c.database)
	if err != nil {
		return err
	}
	for i, g := range generations {
		if i == len(generations)-1 || g.prefix == c.prefix || !generations[i+1].begun().Before(before) {
			break
		}
		for _, s := range slices.Backward(g.steps) { // the base last: what is left has one
			if err := c.place.Delete(ctx, s.key); err != nil {
				return err
			}
		}
	}
	return nil
}

// generation is a base and its steps.
type generation struct {
	prefix string
	steps  []step
}

type step struct {
	key    string
	number int
	// It has everything from before from, and nothing from after until.
	from, until time.Time
	state       string
}

func (g *generation) begun() time.Time { return g.steps[0].until }

// whole reports whether there is every step.
func (g *generation) whole() bool { return g.steps[len(g.steps)-1].number == len(g.steps)-1 }

// generationsOf lists the generations of a database that have a base, the oldest first.
func generationsOf(ctx context.Context, place storage.Storage, database string) (out []*generation, err error) {
	byPrefix := map[string]*generation{}
	err = place.List(ctx, logPrefix+database+"/", func(o storage.Object) error {
		dir, name := filepath.Split(o.Key)
		if s, ok := stepOf(name); ok {
			if byPrefix[dir] == nil {
				byPrefix[dir] = &generation{prefix: dir}
			}
			s.key = o.Key
			byPrefix[dir].steps = append(byPrefix[dir].steps, s)
		}
		return nil
	})
	for _, g := range byPrefix {
		slices.SortFunc(g.steps, func(a, b step) int { return a.number - b.number })
		if g.steps[0].number == 0 {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *generation) int { return a.begun().Compare(b.begun()) })
	return out, err
}

// stepOf reads what the name of a step says.
func stepOf(name string) (s step, ok bool) {
	name, ok = strings.CutSuffix(name, stepSuffix)
	parts := strings.SplitN(name, "-", 4)
	if !ok || len(parts) < 4 {
		return s, false
	}
	var numbers [3]int64
	for i := range numbers {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil || n < 0 {
			return s, false
		}
		numbers[i] = n
	}
	return step{number: int(numbers[0]), from: time.UnixMilli(numbers[1]), until: time.UnixMilli(numbers[2]), state: parts[3]}, true
}
