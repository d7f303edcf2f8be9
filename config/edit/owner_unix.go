//go:build unix

package edit

import (
	"os"
	"syscall"
)

// keepOwner gives a file the owner of another one, where this process may.
func keepOwner(path string, of os.FileInfo) {
	if s, ok := of.Sys().(*syscall.Stat_t); ok {
		_ = os.Lchown(path, int(s.Uid), int(s.Gid)) // one who may not do that is the owner, or has the right to write
	}
}
