// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
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

// CheckCache says before anything is done that the cache cannot be written. It makes nothing.
func CheckCache(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		err := unix.Faccessat(unix.AT_FDCWD, at, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, unix.ENOENT) || at == filepath.Dir(at):
			return &fault.Error{Kind: fault.Rig, Op: "use the cache " + dir, Err: err, Try: "another folder, which you may write to: KCOVRIG_CACHE=DIR kcovrig ..."}
		}
	}
}
