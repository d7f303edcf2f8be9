package local

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// keeps says that files stay open for a while after they were read. A file that is open can be removed.
const keeps = true

// open opens a file to be read, in one call of the system: os.Root makes four for each directory on the way. What it opens is
// below the directory, too.
func (s *Storage) open(key string) (*os.File, error) {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS}
	file, err := -1, error(unix.EBADF)
	conn, closed := s.dir.SyscallConn()
	if closed == nil {
		closed = conn.Control(func(dir uintptr) { file, err = unix.Openat2(int(dir), key, &how) })
	}
	switch {
	case closed != nil:
		return nil, closed
	case err == nil:
		return os.NewFile(uintptr(file), key), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &fs.PathError{Op: "open", Path: key, Err: err}
	}
	return s.root.Open(key) // a kernel or a container without the call; or the same error
}

// removed reports whether an open file has no name any more.
func removed(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return true
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 0
}
