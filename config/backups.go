package config

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// Backups is the section `backups`: copies of the SQLite databases and of the bytes of files, made while the server runs.
type Backups struct {
	At Position `json:"-"`
	// Where they are kept: a directory, or s3://bucket/prefix.
	To string `json:"to"`
	// When one is made, in the format of crontab(5): at three o'clock each night by default.
	Schedule string `json:"schedule,omitempty"`
	// The time zone of the schedule, such as Europe/Berlin; UTC by default.
	Timezone string `json:"timezone,omitempty"`
	// Whether each commit is copied besides, within a second, so that `basalt restore --at TIME` brings back any moment. A
	// whole copy is made at each time of the schedule.
	Continuous bool `json:"continuous,omitempty"`
	// How long one is kept, 14d by default. The newest one always is.
	Keep Duration `json:"keep,omitempty"`
	// The address of the S3 server, such as https://s3.eu-central-1.amazonaws.com.
	Endpoint string `json:"endpoint,omitempty"`
	// The region of the bucket.
	Region string `json:"region,omitempty"`
	// The access key.
	Key Secret `json:"key,omitempty"`
	// The secret key.
	Secret Secret `json:"secret,omitempty"`
	// Whether the bucket is named in the path of addresses, as most compatible servers need it.
	PathStyle bool `json:"path_style,omitempty"`

	// What Load makes of the above.
	Times Schedule `json:"-"`
}

// Target returns the storage driver and the settings for a place of backups, which may be another one than that of the
// file; for S3 the file says how to reach it.
func (c *Config) Target(to string) (driver string, settings storage.Config) {
	rest, isBucket := strings.CutPrefix(to, "s3://")
	if !isBucket {
		return "local", storage.Config{Dir: c.absolute(to, c.Dir)}
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	settings = storage.Config{Bucket: bucket, Prefix: prefix}
	if b := c.Backups; b != nil {
		settings.Endpoint, settings.Region, settings.Key, settings.Secret, settings.PathStyle = b.Endpoint, b.Region, b.Key.Reveal(), b.Secret.Reveal(), b.PathStyle
	}
	if settings.Endpoint == "" {
		settings.Endpoint = "https://s3.amazonaws.com"
	}
	return "s3", settings
}

// Copied are the databases of the file that backups have.
func (c *Config) Copied() (names []string) {
	for _, name := range sorted(c.Databases) {
		if db.Archives(c.Databases[name].Driver) {
			names = append(names, name)
		}
	}
	return names
}

func (b *Backups) defaults() {
	setDefault(&b.Schedule, "0 3 * * *")
	setDefault(&b.Keep, Duration(14*24*time.Hour))
}

// backups checks the section backups.
func (v *validator) backups() {
	b := v.c.Backups
	if b == nil {
		return
	}
	var err error
	if b.Times, err = parseSchedule(b.Schedule, b.Timezone); err != nil {
		v.fail(b.At, "backups.schedule: %s", err)
	}
	if u, err := url.Parse(b.To); b.To != "" && err == nil && u.Scheme != "" && u.Scheme != "s3" {
		v.fail(b.At, "backups.to is a directory or s3://bucket/prefix, not %q", b.To)
	} else if driver, settings := v.c.Target(b.To); b.To != "" {
		if err := storage.Check(driver, settings); err != nil {
			v.fail(b.At, "backups: %s", err)
		}
	}
	copied := v.c.Copied()
	if len(copied) == 0 && len(v.c.Databases) > 0 {
		v.fail(b.At, "backups are for SQLite databases, and there is none; use the tools of the database, such as pg_dump or mongodump")
		return
	}
	for _, name := range sorted(v.c.Databases) {
		if d := v.c.Databases[name].Driver; !slices.Contains(copied, name) && d != "memory" && d != "" {
			v.warn(b.At, "the database %s is not in backups: use the tools of %s, such as pg_dump or mongodump", name, d)
		}
	}
}
