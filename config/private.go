package config

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
)

// private is a file, or a directory, that has what must not be served.
type private struct {
	path, what string
	database   bool
	files      bool // a directory of which nothing is served
}

// privates returns what of this configuration must not be served: itself, the files of databases, the templates of
// mails, and the files that the environment names as those of secrets.
func (c *Config) privates() []private {
	all := []private{{path: c.absolute(c.Path, "."), what: "the configuration file"}}
	for _, name := range sorted(c.Databases) {
		d := c.Databases[name]
		for _, path := range db.Files(d.Driver, d.Settings(c.Dir)) {
			all = append(all, private{path: path, what: "the database " + name, database: true})
		}
	}
	for _, name := range sorted(c.Storage) {
		if dir := c.Storage[name].Settings(c).Dir; dir != "" {
			all = append(all, private{path: dir, what: "the storage " + name, files: true})
		}
	}
	if b := c.Backups; b != nil && b.To != "" {
		if _, settings := c.Target(b.To); settings.Dir != "" {
			all = append(all, private{path: settings.Dir, what: "the backups", files: true})
		}
	}
	if c.TLS != nil {
		all = append(all, private{path: c.TLS.Dir, what: "the certificates of tls", files: true})
		for _, file := range []string{c.TLS.Key, c.TLS.Roots} {
			if file != "" {
				all = append(all, private{path: file, what: "a file of tls"})
			}
		}
	}
	if c.Mail != nil && c.Mail.Templates != "" {
		all = append(all, private{path: c.absolute(c.Mail.Templates, c.Dir), what: "the templates of mails"})
	}
	for _, setting := range os.Environ() {
		name, path, _ := strings.Cut(setting, "=")
		if !strings.HasSuffix(name, "_FILE") {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			all = append(all, private{path: c.absolute(path, "."), what: "the file that " + name + " names"})
		}
	}
	return all
}

// PrivateFiles returns the paths of files that must not be served, whether they are there or not.
func (c *Config) PrivateFiles() (paths []string) {
	for _, p := range c.privates() {
		paths = append(paths, p.path)
		entries, _ := os.ReadDir(p.path) // what is no directory has none
		for _, e := range entries {
			paths = append(paths, filepath.Join(p.path, e.Name()))
		}
	}
	return paths
}

// absolute returns a path that starts from a directory.
func (c *Config) absolute(path, dir string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// resolve returns a path without links, as far as it is there.
func resolve(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(resolve(dir), filepath.Base(path))
	}
	return path
}

// contains reports whether a path is a directory, or something in it.
func contains(dir, path string) bool {
	rest, err := filepath.Rel(dir, path)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
}

// servesNothingPrivate refuses a static directory that has something private in it, or lies among it.
func (v *validator) servesNothingPrivate(s *Static) {
	static := resolve(v.c.absolute(s.Dir, "."))
	home := resolve(v.c.absolute(v.c.Dir, "."))
	for _, p := range v.c.privates() {
		path := resolve(p.path)
		switch beside := filepath.Dir(path); {
		case contains(static, p.path) || contains(static, path):
			v.fail(s.At, "static.dir: %s has %s in it (%s), which every caller could read; serve a directory that has nothing else in it, as in ./public", s.Dir, p.what, p.path)
		case p.files && contains(path, static):
			v.fail(s.At, "static.dir: %s lies in the directory of %s (%s), where files are kept under their rules; serve a directory of its own, as in ./public", s.Dir, p.what, p.path)
		case p.database && beside != static && contains(beside, static) && !contains(beside, home):
			v.fail(s.At, "static.dir: %s lies in the directory of %s (%s); serve a directory of its own, as in ./public", s.Dir, p.what, beside)
		}
	}
}
