// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
	"os"
	"path/filepath"
)

// RemovedPrefix begins the name of a folder whose removal has begun.
const RemovedPrefix = ".removed-"

// Remove removes a folder that nobody holds. It is renamed first, so that a half
// removed one is none; before is called under its lock. False: it is in use.
func Remove(dir string, before func() error) (bool, error) {
	lock, err := LockFolder(dir)
	if err != nil {
		return false, nil // it came into use meanwhile, or went
	}
	defer lock.Close()
	if err := before(); err != nil {
		return false, err
	}
	aside := filepath.Join(filepath.Dir(dir), RemovedPrefix+filepath.Base(dir))
	if err := os.Rename(dir, aside); err != nil {
		return false, err
	}
	return true, os.RemoveAll(aside)
}

// RemoveLeftovers ends the removals below dir that were interrupted.
func RemoveLeftovers(dir string) (err error) {
	left, _ := filepath.Glob(filepath.Join(dir, RemovedPrefix+"*"))
	for _, aside := range left {
		err = errors.Join(err, os.RemoveAll(aside))
	}
	return err
}
