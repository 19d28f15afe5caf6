// SPDX-License-Identifier: Apache-2.0

package disk

import "path/filepath"

// Below is an absolute path in folder as from there, so that what names it may be moved
// with the folder; any other path as it is.
func Below(folder, path string) string {
	if rel, err := filepath.Rel(folder, path); err == nil && filepath.IsAbs(path) && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// In is the reverse of Below, where the folder is now. What leads out of it stays as it
// is: the path may be anybody's.
func In(folder, path string) string {
	if !filepath.IsLocal(path) {
		return path
	}
	return filepath.Join(folder, path)
}
