package db

import (
	"context"
	"io"
)

// Archiver is implemented by drivers whose database can be copied to a file as it is, and back.
type Archiver interface {
	// Backup writes a copy of the database as of one moment to a file, which must not exist. Others may write meanwhile.
	// It calls progress, which may be nil, now and then with the bytes that are done and their total. The copy has been
	// checked when Backup returns nil; after an error there is no file.
	Backup(ctx context.Context, file string, progress func(done, total int64)) error
	// Verify returns an error if a file is not a sound copy.
	Verify(ctx context.Context, file string) error
	// HasData reports whether the database has documents or accounts.
	HasData(ctx context.Context) (bool, error)
	// Alone returns an error if a server, or another program, uses the database. Nothing but Close may be called then.
	Alone(ctx context.Context) error
	// Restore replaces the database by a copy that Verify has accepted, all of it or nothing. It refuses what Alone refuses,
	// and nothing but Close may be called then.
	Restore(ctx context.Context, file string) error
}

// Archives reports whether the databases of a driver can be copied to a file.
func Archives(driver string) bool {
	r, err := registered(driver)
	return err == nil && r.Archives
}

// Streamer is implemented by drivers whose database can be copied while it changes, commit by commit.
type Streamer interface {
	// Stream begins with what is committed now. The driver's Close ends it.
	Stream(ctx context.Context) (Stream, error)
	// Apply brings a file that has the base of a stream, and the steps that came before, one step further.
	Apply(ctx context.Context, file string, step io.Reader) error
	// State returns the state of a file to which all steps were applied.
	State(ctx context.Context, file string) (string, error)
}

// Stream follows a database. One goroutine uses it at a time.
type Stream interface {
	// State names the content up to which the stream has come, in letters, digits and hyphens: two databases of the same
	// state have the same content.
	State() string
	// Base writes the whole database as the stream has begun with it. It is called before Next, or not at all.
	Base(ctx context.Context, w io.Writer) error
	// Next writes what was committed since the last call, and reports whether that is anything. After an error the stream
	// is of no use any more.
	Next(ctx context.Context, w io.Writer) (bool, error)
	Close() error
}
