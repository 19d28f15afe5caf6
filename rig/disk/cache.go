// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"

	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
)

// ErrNoCache is the error where no cache folder is named.
var ErrNoCache = fault.Newf(fault.User, "", "no cache folder: set KCOVRIG_CACHE or HOME")

// Absolute is the way to the cache from everywhere.
func Absolute(cacheDir string) (string, error) {
	if cacheDir == "" {
		return "", ErrNoCache
	}
	dir, err := filepath.Abs(cacheDir)
	return dir, fault.Wrap(fault.User, "find the cache", err)
}

// ownCache helps where a cache is another user's, or where nobody can write.
const ownCache = "another folder, which you may write to: KCOVRIG_CACHE=DIR kcovrig ..."

// Refused is err as the rig's fault. Where this user may not do what was tried with a file
// of the cache, it says whose that is, and what to do.
func Refused(op string, err error) error {
	at := (*fs.PathError)(nil)
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &at) {
		return fault.Wrap(fault.Rig, op, err)
	}
	return &fault.Error{Kind: fault.Rig, Op: op, Err: fmt.Errorf("%w%s", err, whose(at.Path)), Try: ownCache}
}

// whose names the owner of a file, or where there is none of the closest folder above
// it; nothing where it is this user's own.
func whose(path string) string {
	for ; ; path = filepath.Dir(path) {
		var info unix.Stat_t
		err := unix.Lstat(path, &info)
		switch {
		case errors.Is(err, unix.ENOENT) && path != filepath.Dir(path):
			continue
		case err != nil || int(info.Uid) == os.Geteuid():
			return ""
		}
		owner := fmt.Sprintf("user %d", info.Uid)
		if known, err := user.LookupId(fmt.Sprint(info.Uid)); err == nil {
			owner = known.Username
		}
		return fmt.Sprintf("; %s is of %s", path, owner)
	}
}

// CheckCache says before anything is done that the cache cannot be written. It makes nothing.
func CheckCache(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		err := unix.Faccessat(unix.AT_FDCWD, at, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, unix.ENOENT) || at == filepath.Dir(at):
			return &fault.Error{Kind: fault.Rig, Op: "use the cache " + dir, Err: fmt.Errorf("%w%s", err, whose(at)), Try: ownCache}
		}
	}
}
