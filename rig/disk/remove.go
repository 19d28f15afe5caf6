// SPDX-License-Identifier: Apache-2.0

package disk

// RemoveUnheld removes a folder that nobody holds; before is called under its
// lock. False: it is in use.
func RemoveUnheld(dir string, before func() error) (bool, error) {
	lock, err := LockFolder(dir)
	if err != nil {
		return false, nil // it came into use meanwhile, or went
	}
	defer lock.Close()
	if err := before(); err != nil {
		return false, err
	}
	if err := Remove(dir); err != nil {
		return false, err
	}
	return true, nil
}
