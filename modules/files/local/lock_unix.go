//go:build unix

package local

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// Lock implements storage.Locker by flock(2); elsewhere the database has the locks. The file of a lock is removed with it, so that who has opened it before looks
// whether it is still the one.
func (s *Storage) Lock(name string) (unlock func(), err error) {
	name = path.Join(partial, "lock-"+name)
	for {
		f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fs.ErrExist, f.Close())
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if there, err := s.root.Stat(name); err == nil && os.SameFile(mine, there) {
			return func() {
				_ = s.root.Remove(name) // one that stays is removed as abandoned
				_ = f.Close()           // which cannot fail to unlock
			}, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}
