package edit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// File is the configuration file of a running server. It is safe for concurrent use.
type File struct {
	path    string
	allowed bool   // whatever the file says
	secret  []byte // of its hashes: that of a file tells whoever knows the rest of it what its secrets are
	changed func() // is called when it was written

	mu     sync.Mutex // guards the fields below; held while the file is written
	before string     // what was in it before the last write, until that has been loaded
	wrote  string     // what the last write has put there; empty when there is none to look after
	failed string     // why the last write was taken back
	writes int
}

// NewFile returns the file of a path. With allowed it may be written although it does not say so. changed is called when it
// was written, and has to return at once.
func NewFile(path string, allowed bool, changed func()) *File {
	f := &File{path: path, allowed: allowed, changed: changed, secret: make([]byte, 32)}
	_, _ = rand.Read(f.secret) // it never fails
	return f
}

// ErrChanged says that the file is not what it was when it was read.
var ErrChanged = errors.New("the file has changed since it was read")

// Path is where the file is.
func (f *File) Path() string { return f.path }

// Allowed reports whether the file may be written whatever it says.
func (f *File) Allowed() bool { return f.allowed }

// Read returns what is in the file, with a hash that a write has to name.
func (f *File) Read() (text, hash string, err error) {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return "", "", fmt.Errorf("reading the configuration: %w", err)
	}
	return string(data), f.hash(data), nil
}

func (f *File) hash(data []byte) string {
	mac := hmac.New(sha256.New, f.secret)
	mac.Write(data)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Refusal says why the file cannot be written; empty if it can be. A link is left alone: what it leads to belongs to whoever has
// made it, such as Kubernetes or a package.
func (f *File) Refusal() string {
	info, err := os.Lstat(f.path)
	switch {
	case err != nil:
		return "the file cannot be read"
	case info.Mode()&os.ModeSymlink != 0:
		return "the file is a symbolic link; change what it leads to"
	case !info.Mode().IsRegular():
		return "it is no ordinary file"
	}
	return ""
}

// Write puts a text into the file, whole or not at all, if the file still has the hash. What was there comes back if the
// server cannot run with it; see Loaded.
func (f *File) Write(hash, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if why := f.Refusal(); why != "" {
		return errors.New(why)
	}
	before, now, err := f.Read()
	switch {
	case err != nil:
		return err
	case now != hash:
		return ErrChanged
	}
	if err := f.put(text); err != nil {
		return err
	}
	f.before, f.wrote, f.failed = before, text, ""
	f.writes++
	f.changed()
	return nil
}

// put replaces the file.
func (f *File) put(text string) (err error) {
	info, err := os.Lstat(f.path)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Chmod(info.Mode().Perm()), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	keepOwner(temporary.Name(), info)
	return os.Rename(temporary.Name(), f.path)
}

// Loading is called before the server reads the file. It returns what Loaded takes.
func (f *File) Loading() (writes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// Loaded takes how the server has fared with the file that it had begun to read at a call of Loading. What was written later is
// not what it is about. Where it could not run with what was written here,
// and nobody else has changed that meanwhile, what was there before is put back: the next start would fail, too.
func (f *File) Loaded(writes int, failure error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wrote == "" || writes != f.writes {
		return
	}
	now, _, err := f.Read()
	if failure != nil && err == nil && now == f.wrote {
		f.failed = failure.Error()
		if err := f.put(f.before); err != nil {
			f.failed += "; and the file could not be put back: " + err.Error()
		}
	}
	f.before, f.wrote = "", ""
}

// State says whether what was written last is still being loaded, and why it was taken back.
func (f *File) State() (loading bool, failed string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wrote != "", f.failed
}
