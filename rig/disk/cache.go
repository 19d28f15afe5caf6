// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"path/filepath"

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
