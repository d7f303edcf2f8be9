// Package files keeps documents with bytes: it receives a file, stores its bytes under their SHA-256, and makes or changes
// the document in its transaction; and it removes bytes that no document has any more.
//
// It is not for HTTP (package server/api), for rules and documents (package crud), or for where bytes are kept (package
// storage and its drivers).
//
// Bytes come first, then the document: whatever happens between, there is a whole document, or there are bytes that
// the sweeper removes.
package files

import (
	"context"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/images"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/query"
)

// Collection is a collection whose documents have bytes.
type Collection struct {
	Name  string
	Store *Store
	// Max is how many bytes a file may have.
	Max int64
	// Types are the media types that are accepted, such as image/* or application/pdf; none for all.
	Types []string
	// Public says that whoever knows the id or the path may read the bytes.
	Public bool
	// Redirect says that the storage sends the bytes itself, where it can.
	Redirect bool
	// Images says which pictures are made of images; nil for none.
	Images *images.Allowed
	// Quota is how many bytes the files that are charged to one have together; 0 for no limit.
	Quota int64
	// Checked says that a file may be read when a check has said so.
	Checked bool
	// Check asks it, with the JSON of a [Question]; the answer is that of an [Answer]. It is nil in a process that does not
	// ask.
	Check func(ctx context.Context, question []byte) (answer []byte, err error)
	// Hides are the fields that have a read rule.
	Hides map[string]bool
	// Stored and Database are where its documents are.
	Stored   *db.Collection
	Database db.Driver
	// FieldTypes has the type of each field, for the texts of a form.
	FieldTypes map[string]query.Type
}

// Store is a storage with the locks of its keys. It serves several configurations, one after the other.
type Store struct {
	storage.Storage
	seed  maphash.Seed
	locks [64]sync.RWMutex // each guards the objects of some hashes: shared while a document is made, alone to remove one
}

// NewStore returns a storage that nothing is locked in.
func NewStore(s storage.Storage) *Store { return &Store{Storage: s, seed: maphash.MakeSeed()} }

func (s *Store) lock(sum string) int {
	return int(maphash.String(s.seed, sum) % uint64(len(s.locks)))
}

// pin keeps the bytes of files from being removed until the function that it returns is called.
func (s *Store) pin(all []*Arrived) (unpin func()) {
	var held []int
	for _, a := range all {
		held = append(held, s.lock(a.sum))
	}
	slices.Sort(held)
	held = slices.Compact(held) // a lock that is held twice blocks whoever waits in between
	for _, i := range held {
		s.locks[i].RLock()
	}
	return func() {
		for _, i := range held {
			s.locks[i].RUnlock()
		}
	}
}

// Config configures a [Service].
type Config struct {
	Collections map[string]*Collection
	// Key signs links.
	Key []byte
	// Base is the public address of the server, for questions to checks; empty where it is not known.
	Base string
	Now  func() time.Time
	Log  *slog.Logger
	// Observe is called with what was received, sent, refused or removed.
	Observe func(event string)
	// Maker returns what the maker of a link may do now: their claims, nil for a key of an administrator, and whether they
	// are an administrator still. It returns an Unauthenticated error if they are gone.
	Maker func(ctx context.Context, claims map[string]any) (now map[string]any, admin bool, err error)
	// Makers are nil in a process that neither makes nor follows links.
	Makers Makers
}

// Makers know who makes links for reading, and whether these still stand.
type Makers interface {
	// Of names who makes something with the claims of a caller: empty for who cannot take it back. It returns an
	// Unauthenticated error if they may do so no more.
	Of(ctx context.Context, claims map[string]any) (string, error)
	// Stands returns an Unauthenticated error if what someone of a name has made was taken back.
	Stands(ctx context.Context, maker string) error
}

// Service keeps the files of one configuration. It is safe for concurrent use.
type Service struct {
	Config
	releases
	pictures
	checks
}

// New returns a service. The caller closes it.
func New(c Config) *Service {
	s := &Service{Config: c}
	s.releases.begin()
	s.pictures.begin()
	s.checks.begin()
	return s
}

// Collection returns the collection of a name.
func (s *Service) Collection(name string) (*Collection, error) {
	if s != nil {
		if c := s.Collections[name]; c != nil {
			return c, nil
		}
	}
	return nil, fault.Errorf(fault.NotFound, "there is no collection of files with this name")
}

// The fields of a file's document that the server sets, and those that clients may.
const (
	fieldPath, fieldName, fieldType, fieldSize, fieldSHA256 = "path", "name", "type", "size", "sha256"
	fieldUpdated                                            = "updated"
)

// Charged is the field that says whom a file is charged to, where there is a quota.
const Charged = "charged_to"

// Prefixes of keys: of what has arrived and has no document yet, of what comes in pieces, of what documents have, and of
// pictures made of it.
const (
	arrived  = "incoming/"
	resuming = "resuming/"
	content  = "content/"
	pictured = "pictures/"
)

// hashLength is that of a SHA-256 in hexadecimal digits.
const hashLength = 64

// prefix is that of the keys of the collection's files.
func (c *Collection) prefix() string { return content + c.Name + "/" }

// key is where the bytes of a hash are: the same bytes are stored once in a collection.
func (c *Collection) key(sum string) string { return c.prefix() + sum[:2] + "/" + sum[2:4] + "/" + sum }

// serving returns a caller who may set the fields of the server.
func serving(caller crud.Caller) crud.Caller {
	caller.Files = true
	return caller
}
