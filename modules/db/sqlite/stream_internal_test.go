package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
)

// turn is turnBytes of the streams here: the race detector makes checksums slow.
const turn = 256 << 10

// copied is what is made of a stream elsewhere.
type copied struct {
	*stream
	t    *testing.T
	file string
}

func opened(t *testing.T, path string) *Driver {
	t.Helper()
	d, err := Open(t.Context(), db.Config{URL: "file:" + path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d.(*Driver)
}

func begun(t *testing.T, d *Driver) *copied {
	t.Helper()
	s, err := d.Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.(*stream).turnAt, s.(*stream).most = turn, turn/8
	c := &copied{s.(*stream), t, filepath.Join(t.TempDir(), "copy.db")}
	out, err := os.Create(c.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Base(t.Context(), out), out.Close()); err != nil {
		t.Fatal(err)
	}
	return c
}

// catchUp applies what there is, and compares the copy with the database as it is now.
func (c *copied) catchUp() {
	c.t.Helper()
	c.step()
	file := filepath.Join(c.t.TempDir(), "now.db")
	content, err := os.ReadFile(c.file)
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err == nil {
		err = c.driver.Verify(context.Background(), file)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	if got, want := rows(c.t, file), rows(c.t, c.driver.path); got != want {
		c.t.Fatalf("the copy has %s, the database %s", got, want)
	}
}

func (c *copied) step() bool {
	c.t.Helper()
	var step bytes.Buffer
	any, err := c.Next(c.t.Context(), &step)
	if err != nil {
		c.t.Fatal(err)
	}
	if !any {
		if step.Len() > 0 {
			c.t.Errorf("nothing was committed, and the step has %d bytes", step.Len())
		}
		return false
	}
	if err := c.driver.Apply(c.t.Context(), c.file, &step); err != nil {
		c.t.Fatal(err)
	}
	if got, err := c.driver.State(c.t.Context(), c.file); err != nil || got != c.State() {
		c.t.Fatalf("the copy is %s, and the stream says %s: %v", got, c.State(), err)
	}
	return true
}

// rows sums up what is in the table.
func rows(t *testing.T, path string) string {
	t.Helper()
	c, err := open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	s, err := c.prepare("SELECT k, v FROM t ORDER BY k")
	if err != nil {
		t.Fatal(err)
	}
	n, sum := 0, xxhash.New()
	for ; s.Step(); n++ {
		_ = binary.Write(sum, binary.BigEndian, s.ColumnInt64(0)) // it does not fail
		_, _ = sum.Write(s.ColumnRawBlob(1))
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d rows, %x", n, sum.Sum64())
}

func (d *Driver) run(t *testing.T, sql string) {
	t.Helper()
	if err := d.writer.do(t.Context(), false, func(c *conn) error { return c.db.Exec(sql) }); err != nil {
		t.Fatal(err)
	}
}

// logSize is how large the log has become.
func logSize(t *testing.T, d *Driver) int64 {
	t.Helper()
	info, err := os.Stat(d.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

const table = "CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB); CREATE INDEX t_v ON t (length(v))"

// TestStream_ACopyIsTheDatabase: after random writes, large and small ones, that end at any place of the log.
func TestStream_ACopyIsTheDatabase(t *testing.T) {
	t.Parallel()
	d := opened(t, filepath.Join(t.TempDir(), "app.db"))
	d.run(t, table)
	c := begun(t, d)
	c.catchUp()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		switch random.IntN(6) {
		case 0: // more than may be read while no one writes, and more than the log keeps
			d.run(t, fmt.Sprintf("INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) SELECT randomblob(3000) FROM n", 60+random.IntN(100)))
		case 1:
			d.run(t, "DELETE FROM t WHERE k % 3 = 1")
		case 2:
			if err := d.writer.do(t.Context(), false, func(c *conn) error {
				return errors.Join(c.db.Exec("UPDATE t SET v = randomblob(2000)"), errors.New("changed my mind"))
			}); err == nil {
				t.Fatal("a write that was undone succeeds")
			}
		default:
			for range random.IntN(20) {
				d.run(t, "INSERT INTO t (v) VALUES (randomblob(100))")
			}
		}
		if i%3 == 0 {
			c.catchUp()
		}
	}
	c.catchUp()
	if c.step() {
		t.Error("there is a step, and nothing was written")
	}
}

// TestStream_ALogThatIsResetMeanwhileIsRead: a writer resets the log after the stream has looked whether one has.
func TestStream_ALogThatIsResetMeanwhileIsRead(t *testing.T) {
	t.Parallel()
	d := opened(t, filepath.Join(t.TempDir(), "app.db"))
	d.run(t, table)
	c := begun(t, d)
	for range 100 {
		d.run(t, "INSERT INTO t (v) VALUES (randomblob(5000))")
	}
	c.step()
	if !c.fresh || c.at.offset < turn {
		t.Fatal("the log cannot be reset")
	}
	log, err := os.Open(d.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := c.follow(log); err != nil {
		t.Fatal(err)
	}
	d.run(t, "INSERT INTO t (v) VALUES ('first')")
	out := stepWriter{w: bufio.NewWriter(io.Discard), size: c.at.pageSize}
	if _, err := c.rest(t.Context(), log, &out); err != nil {
		t.Fatal(err)
	}
	d.run(t, "UPDATE t SET v = 'second' WHERE k = 1")
	c.catchUp()
}

// TestStream_TheLogStaysBounded: while it is read, and written without a pause.
func TestStream_TheLogStaysBounded(t *testing.T) {
	t.Parallel()
	d := opened(t, filepath.Join(t.TempDir(), "app.db"))
	d.run(t, table)
	c := begun(t, d)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				_ = d.writer.do(ctx, false, func(c *conn) error {
					return c.db.Exec("INSERT OR REPLACE INTO t (k, v) VALUES (abs(random()) % 200, randomblob(5000))")
				})
				time.Sleep(2 * time.Millisecond) // the race detector makes the stream slower than a writer
				_ = d.read(ctx, func(c *conn) error { _, err := c.number("SELECT count(*) FROM t"); return err })
			}
		})
	}
	var streamed, turned int64
	for before := c.at.header; streamed < 20*turn && turned < 8; {
		c.step()
		streamed += turn / 8
		if c.at.header != before {
			before, turned = c.at.header, turned+1
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	writers.Wait()
	c.catchUp()
	size := logSize(t, d)
	t.Logf("the log has begun anew %d times, and has %d MiB", turned, size>>20)
	if turned == 0 {
		t.Error("the log has never begun anew")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := d.writer.conn.number("PRAGMA wal_autocheckpoint"); n != autocheckpoint {
		t.Errorf("after the stream the log is moved at %d pages: %v", n, err)
	}
}

// TestStream_OfWhatOthersDo: another process writes, moves the log, or makes the database smaller.
func TestStream_OfWhatOthersDo(t *testing.T) {
	t.Parallel()
	d := opened(t, filepath.Join(t.TempDir(), "app.db"))
	d.run(t, table)
	other, err := open(d.path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	c, second := begun(t, d), begun(t, d)
	for _, sql := range []string{
		"INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 200) SELECT randomblob(3000) FROM n",
		"DELETE FROM t WHERE k > 100",
		"VACUUM",
		"INSERT INTO t (v) VALUES (randomblob(9000))",
	} {
		if err := other.db.Exec(sql); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []sqlite3.CheckpointMode{sqlite3.CHECKPOINT_PASSIVE, sqlite3.CHECKPOINT_TRUNCATE} {
			if err := other.db.BusyTimeout(10 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if _, _, err := other.db.WALCheckpoint("main", mode); err != nil && !errors.Is(err, sqlite3.BUSY) {
				t.Fatal(err)
			}
		}
		d.run(t, "INSERT INTO t (v) VALUES ('x')")
		c.catchUp()
		d.run(t, "INSERT INTO t (v) VALUES ('y')")
		c.catchUp()
	}
	second.catchUp()
}

// TestStream_ItsStateOutlivesIt: what a stream ends with is what one begins with when nothing was written meanwhile, and
// after a restart, too.
func TestStream_ItsStateOutlivesIt(t *testing.T) {
	t.Parallel()
	given, err := Open(t.Context(), db.Config{URL: "file:" + filepath.Join(t.TempDir(), "app.db")})
	if err != nil {
		t.Fatal(err)
	}
	d := given.(*Driver)
	d.run(t, table)
	c := begun(t, d)
	d.run(t, "INSERT INTO t (v) VALUES (randomblob(100000))")
	c.catchUp()
	state := c.State()
	if err := d.Close(); err != nil { // ends it
		t.Fatal(err)
	}
	if _, err := c.Next(t.Context(), &bytes.Buffer{}); err == nil {
		t.Error("a stream of a database that is closed goes on")
	}
	d = opened(t, d.path)
	again := begun(t, d)
	if again.State() != state {
		t.Errorf("got %s, want %s", again.State(), state)
	}
	d.run(t, "INSERT INTO t (v) VALUES ('x')")
	if again.step(); again.State() == state {
		t.Error("a state is that of another content")
	}
}

// TestApply_RefusesWhatIsNotWhole: a step that ends early, or belongs to another database.
func TestApply_RefusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	d := opened(t, filepath.Join(t.TempDir(), "app.db"))
	d.run(t, table)
	c := begun(t, d)
	d.run(t, "INSERT INTO t (v) VALUES (randomblob(20000))")
	var step bytes.Buffer
	if any, err := c.Next(t.Context(), &step); !any || err != nil {
		t.Fatal(any, err)
	}
	for _, n := range []int{0, 3, 4, 7, 8, 100, step.Len() - 8, step.Len() - 1} {
		if err := d.Apply(t.Context(), c.file, bytes.NewReader(step.Bytes()[:n])); err == nil {
			t.Errorf("%d of %d bytes are a step", n, step.Len())
		}
	}
	if err := d.Apply(t.Context(), c.file, strings.NewReader("\x00\x00\x02\x00")); err == nil {
		t.Error("pages of another size fit")
	}
}
