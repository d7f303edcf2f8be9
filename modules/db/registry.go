package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Config is the configuration of a database.
type Config struct {
	URL string
	// Replicas are the URLs of read replicas; only some drivers support them.
	Replicas []string
	// Dir is the base directory of relative paths in the URL.
	Dir string
	// Log gets what an admin should know; nil logs nothing.
	Log *slog.Logger
}

// Registration describes a driver to the registry.
type Registration struct {
	// Open opens a database.
	Open func(ctx context.Context, config Config) (Driver, error)
	// Check reports what is wrong with a configuration, without contacting the database.
	Check func(config Config) error
	// Source returns where the changes of a database come from, without creating anything; nil if that requires an
	// open driver.
	Source func(config Config) Source
	// Files returns the paths of the files of a database on this machine, the one that always exists first; nil if
	// there are none.
	Files func(config Config) []string
	// Archives says that its databases can be copied to a file, see [Archiver].
	Archives bool
	// Functions says that its databases have functions, see [Functions].
	Functions bool
	// Ephemeral returns the configuration of a new database with a name, which disappears with the process; nil if
	// the driver has no such databases.
	Ephemeral func(name string) Config
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

// Drivers returns the names of the registered drivers, sorted.
func Drivers() []string {
	registry.Lock()
	defer registry.Unlock()
	return slices.Sorted(maps.Keys(registry.drivers))
}

func registered(driver string) (Registration, error) {
	registry.Lock()
	defer registry.Unlock()
	r, ok := registry.drivers[driver]
	if !ok {
		return r, fmt.Errorf("there is no database driver %q in this build%s", driver, fault.DidYouMean(driver, slices.Sorted(maps.Keys(registry.drivers))))
	}
	return r, nil
}

// Check reports what is wrong with a database's configuration, without opening it.
func Check(driver string, config Config) error {
	r, err := registered(driver)
	if err != nil {
		return err
	}
	return r.Check(config)
}

// Files returns the paths of the files of a database on this machine, whether or not they exist.
func Files(driver string, config Config) []string {
	r, err := registered(driver)
	if err != nil || r.Files == nil {
		return nil
	}
	return r.Files(config)
}

// Open opens a database with a registered driver.
func Open(ctx context.Context, driver string, config Config) (Driver, error) {
	r, err := registered(driver)
	if err != nil {
		return nil, err
	}
	return r.Open(ctx, config)
}

var ephemeral atomic.Int64 // gives the databases of one process different names

// OpenEphemeral opens a new empty database that disappears with the process, with the first driver that supports
// it.
func OpenEphemeral(ctx context.Context) (Driver, error) {
	for _, name := range Drivers() {
		if r, err := registered(name); err == nil && r.Ephemeral != nil {
			return r.Open(ctx, r.Ephemeral("ephemeral-"+strconv.FormatInt(ephemeral.Add(1), 10)))
		}
	}
	return nil, errors.New("no database driver of this build opens databases in memory")
}
