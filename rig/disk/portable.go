// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"path/filepath"
	"strings"
)

// Below is an absolute path in folder as from there, so that what names it may be moved
// with the folder; so is one beside it that begins with the folder's name. Any other
// path stays as it is.
func Below(folder, path string) string {
	if rel, ok := from(folder, path); ok && (filepath.IsLocal(rel) || isSibling(folder, rel)) {
		return rel
	}
	return path
}

// In is the reverse of Below, where the folder is now. What leads out of it stays as it
// is: the path may be anybody's.
func In(folder, path string) string {
	if !filepath.IsLocal(path) && !isSibling(folder, path) {
		return path
	}
	return filepath.Join(folder, path)
}

// Moved is a path in one folder as it is in the other; any other path stays as it is.
func Moved(folder, to, path string) string {
	if rel, ok := from(folder, path); ok && filepath.IsLocal(rel) {
		return filepath.Join(to, rel)
	}
	return path
}

func from(folder, path string) (string, bool) {
	rel, err := filepath.Rel(folder, path)
	return rel, err == nil && filepath.IsAbs(path)
}

// isSibling says whether rel is a file next to the folder that begins with its name.
func isSibling(folder, rel string) bool {
	return filepath.Dir(rel) == ".." && strings.HasPrefix(filepath.Base(rel), filepath.Base(folder)+".")
}
