// Package storage defines where the bytes of files are kept: the [Storage] interface, and the registry of drivers.
//
// It is not for documents or rules: package files has those. A driver stores bytes under keys that package files makes,
// and never sees a name that a client has sent.
package storage

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Object is what is stored under a key.
type Object struct {
	Key  string
	Size int64
	// Stored is when it was stored or moved here.
	Stored time.Time
}

// Storage keeps bytes under keys such as ab/cd/ef, in letters, digits and - _ . /. It is safe for concurrent use. The
// error for a key that is not there is fs.ErrNotExist.
type Storage interface {
	// Put stores what it reads, whole or not at all, over what was there. size is -1 where it is not known. An error of
	// the reader is returned as it is.
	Put(ctx context.Context, key string, from io.Reader, size int64) error
	// Open reads length bytes from an offset on.
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Stat describes what is stored.
	Stat(ctx context.Context, key string) (Object, error)
	// Move gives an object another key, over what was there. The object is then as new.
	Move(ctx context.Context, from, to string) error
	// Delete removes an object. One that is not there is no error.
	Delete(ctx context.Context, key string) error
	// List calls f with the objects whose keys begin with a prefix that ends with /, or with all for an empty one, until
	// f returns an error.
	List(ctx context.Context, prefix string, f func(Object) error) error
	// Shared reports whether other nodes store here, too.
	Shared() bool
	// Close ends the use of the storage. What was opened can be read to its end.
	Close() error
}

// Presigner is a storage from which clients read by themselves.
type Presigner interface {
	// Presign returns an address of an object that is good for reading for some seconds, without anything else. The answer
	// to it has a media type and a Content-Disposition.
	Presign(ctx context.Context, key string, lifetime time.Duration, mediaType, disposition string) (string, error)
}

// Fixed is a storage that reads faster what never changes under its key. What was removed may be read for a moment.
type Fixed interface {
	// OpenFixed is Open for an object that is never replaced by another.
	OpenFixed(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
}

// Sendable is what Open returns where it is a file of this machine, which the kernel can send by itself.
type Sendable interface {
	// Sendable returns the file, from where it is read on, and how many bytes of it are left.
	Sendable() (file *os.File, left int64)
}

// Unfinished is a storage in which what a killed process has begun to write takes space and is no object.
type Unfinished interface {
	// ListUnfinished calls f with what is begun, until f returns an error. Its size is not known.
	ListUnfinished(ctx context.Context, f func(Object) error) error
	// DropUnfinished removes what is begun under a key.
	DropUnfinished(ctx context.Context, key string) error
}

// Locker is a storage with locks, which end with the process that holds them.
type Locker interface {
	// Lock keeps every other caller, also those of other processes that store here, from locking the same name until unlock
	// is called. The error for a name that is locked is fs.ErrExist.
	Lock(name string) (unlock func(), err error)
}

// Config is how a storage is configured.
type Config struct {
	// Dir is the directory of local, absolute.
	Dir string
	// Endpoint and the following are those of s3.
	Endpoint, Bucket, Region, Prefix, Key, Secret, Token string
	PathStyle                                            bool
}

// Registration describes a driver to the registry.
type Registration struct {
	// Open opens a storage.
	Open func(ctx context.Context, config Config) (Storage, error)
	// Check reports what is wrong with a configuration, without contacting anything.
	Check func(config Config) error
}

var registry = struct {
	sync.Mutex
	drivers map[string]Registration
}{drivers: map[string]Registration{}}

// Register makes a driver available by name. It is called from the init function of the driver's package.
func Register(name string, r Registration) {
	registry.Lock()
	defer registry.Unlock()
	registry.drivers[name] = r
}

func registered(driver string) (Registration, error) {
	registry.Lock()
	defer registry.Unlock()
	r, ok := registry.drivers[driver]
	if !ok {
		names := slices.Sorted(maps.Keys(registry.drivers))
		return r, fmt.Errorf("there is no storage driver %q in this build; there are %s%s", driver, strings.Join(names, ", "), fault.DidYouMean(driver, names))
	}
	return r, nil
}

// Check reports what is wrong with a configuration, without opening the storage.
func Check(driver string, config Config) error {
	r, err := registered(driver)
	if err != nil {
		return err
	}
	return r.Check(config)
}

// Open opens a storage with a registered driver.
func Open(ctx context.Context, driver string, config Config) (Storage, error) {
	r, err := registered(driver)
	if err != nil {
		return nil, err
	}
	return r.Open(ctx, config)
}
