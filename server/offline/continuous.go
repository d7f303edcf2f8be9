package offline

import (
	"cmp"
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
// log/main/00000003-1793450000000-51f0a2c7-9f3c2d11/00000012-1793450006500-1793450006502-1f-9a0c….zst. The base has the number 0.
// Generations have numbers, too: these say what is newer, and never a clock, which may have gone back. Behind the
// time they have the identity of the database.
const (
	logPrefix  = "log/"
	stepSuffix = ".zst"
	// putTries is how often a step is sent before its copy is given up, and a new one is begun.
	putTries = 6
)

// Continuous copies a database into a place while it changes. One goroutine uses it at a time.
type Continuous struct {
	config *config.Config
	place  storage.Storage
	claim  *claim
	stream db.Stream
	prefix string // of its generation
	// kept are the keys of the base and of the last step: without the first nothing can be restored.
	kept     []string
	begun    time.Time
	next     int
	failed   bool
	database string
	now      func() time.Time
}

// Continue begins to copy a database into backups.to: where the last copy has ended, if nothing was written since and the
// schedule does not ask for a new base.
func Continue(ctx context.Context, c *config.Config, database string, driver db.Driver, now func() time.Time) (out *Continuous, err error) {
	source, ok := db.As[db.Streamer](driver)
	if !ok {
		return nil, errors.New("this driver has no log that can be copied")
	}
	identity, err := identityOf(ctx, driver, now()) // before the base, which has it
	if err != nil {
		return nil, err
	}
	out = &Continuous{config: c, database: database, now: now}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.Close())
		}
	}()
	if out.place, err = openKept(ctx, c, c.Backups.To); err != nil {
		return out, err
	}
	d := c.Databases[database]
	out.claim = newClaim(out.place, database, identity, db.Files(d.Driver, d.Settings(c.Dir))[0])
	if err = out.claim.take(ctx); err != nil { // also a place that takes nothing is seen here, before a base is read for it
		return out, err
	}
	from := now()
	if out.stream, err = source.Stream(ctx); err != nil {
		return out, err
	}
	until := now()
	all, err := everyGeneration(ctx, out.place, database)
	if err != nil {
		return out, err
	}
	if generations := all.of(identity); len(generations) > 0 {
		newest := generations[len(generations)-1]
		last, due := newest.steps[len(newest.steps)-1], c.Backups.Times.Next(newest.begun())
		overdue := len(newest.steps) > 1 && !due.IsZero() && now().After(due)
		if last.state == out.stream.State() && newest.whole() && !overdue {
			out.prefix, out.begun, out.next = newest.prefix, newest.begun(), last.number+1
			out.kept = []string{newest.steps[0].key, last.key}
			return out, nil
		}
	}
	next := int64(1)
	if len(all) > 0 {
		next = all[len(all)-1].number + 1
	}
	var random [4]byte
	_, _ = rand.Read(random[:]) // which does not fail
	out.begun = until
	out.prefix = fmt.Sprintf("%s%s/%08d-%d-%s-%s/", logPrefix, database, next, out.begun.UnixMilli(), identity, hex.EncodeToString(random[:]))
	_, err = out.put(ctx, func(w io.Writer) (bool, time.Time, time.Time, error) {
		return true, from, until, out.stream.Base(ctx, w)
	})
	return out, err
}

// Begun is when the base of the copy was read.
func (c *Continuous) Begun() time.Time { return c.begun }

// Step copies what was committed since the last one, and returns until when everything is copied. After an error the copy
// has to be closed, and begun again. It is one, too, when the base has gone from the place, or another server copies there.
func (c *Continuous) Step(ctx context.Context) (at time.Time, err error) {
	defer func() { c.failed = c.failed || err != nil }()
	if err := c.claim.hold(ctx, c.kept...); err != nil {
		return time.Time{}, err
	}
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
			c.kept = append(c.kept[:min(len(c.kept), 1)], key)
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
	if c.claim != nil && !c.failed { // it will begin again otherwise, and another server need not come in between
		c.claim.release()
	}
	if c.place != nil {
		err = errors.Join(err, c.place.Close())
	}
	return err
}

// Forget removes the copies of which every moment is before a time. What a newer one has begun with stays.
func (c *Continuous) Forget(ctx context.Context, before time.Time) error {
	all, err := everyGeneration(ctx, c.place, c.database)
	if err != nil {
		return err
	}
	whole := all.of(c.claim.me.Database)
	for i, g := range whole {
		if i == len(whole)-1 || g.prefix == c.prefix || !whole[i+1].begun().Before(before) {
			break
		}
		if err := c.remove(ctx, g); err != nil {
			return err
		}
	}
	for _, g := range all { // what a process that was killed has left of one
		if !g.based() && g.of == c.claim.me.Database && g.prefix != c.prefix && g.steps[len(g.steps)-1].until.Before(before) {
			if err := c.remove(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove removes a generation, its base first: what has a base has all its steps, so that no moment comes back as an earlier
// one.
func (c *Continuous) remove(ctx context.Context, g *generation) error {
	for _, s := range g.steps {
		if err := c.place.Delete(ctx, s.key); err != nil {
			return err
		}
	}
	return nil
}

// generation is a base and its steps.
type generation struct {
	prefix string
	number int64
	of     string // the identity of the database
	steps  []step
}

type generations []*generation

// of returns those of a database that have a base.
func (l generations) of(identity string) (out generations) {
	for _, g := range l {
		if g.of == identity && g.based() {
			out = append(out, g)
		}
	}
	return out
}

type step struct {
	key    string
	number int
	// It has everything from before from, and nothing from after until.
	from, until time.Time
	state       string
}

func (g *generation) begun() time.Time { return g.steps[0].until }

// based reports whether it has a base.
func (g *generation) based() bool { return g.steps[0].number == 0 }

// whole reports whether there is every step.
func (g *generation) whole() bool { return g.steps[len(g.steps)-1].number == len(g.steps)-1 }

// everyGeneration lists the generations of a name, the oldest first.
func everyGeneration(ctx context.Context, place storage.Storage, database string) (out generations, err error) {
	byPrefix := map[string]*generation{}
	err = place.List(ctx, logPrefix+database+"/", func(o storage.Object) error {
		dir, name := filepath.Split(o.Key)
		if s, ok := stepOf(name); ok {
			if byPrefix[dir] == nil {
				byPrefix[dir] = generationAt(dir)
			}
			s.key = o.Key
			byPrefix[dir].steps = append(byPrefix[dir].steps, s)
		}
		return nil
	})
	for _, g := range byPrefix {
		slices.SortFunc(g.steps, func(a, b step) int { return a.number - b.number })
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *generation) int {
		return cmp.Or(cmp.Compare(a.number, b.number), a.begun().Compare(b.begun()))
	})
	return out, err
}

// generationAt reads what the name of a generation says. One of another form is of no database, and older than all.
func generationAt(dir string) *generation {
	g := &generation{prefix: dir}
	if parts := strings.Split(filepath.Base(dir), "-"); len(parts) == 4 {
		if n, err := strconv.ParseInt(parts[0], 10, 64); err == nil {
			g.number, g.of = n, parts[2]
		}
	}
	return g
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
