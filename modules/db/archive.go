package db

import "context"

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
	// Restore replaces the database by a copy that Verify has accepted, all of it or nothing. No server may use it
	// meanwhile.
	Restore(ctx context.Context, file string) error
}
