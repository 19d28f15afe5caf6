// SPDX-License-Identifier: Apache-2.0

// Package patches holds the kernel patches as mail-format files, one folder
// per scenario and series. It owns the bytes only; applying them is left to
// rig/internal/kernel. The patches are GPL-2.0-only, as the kernel is; the
// .license file beside each series says so.
package patches

import (
	"embed"
	"io/fs"
)

//go:embed kcov/*/*.patch tls/*.patch
var files embed.FS

// Series returns the folder of one series, named "scenario/series". The names
// are constants of this repository: an unknown one panics.
func Series(name string) fs.FS {
	entries, err := files.ReadDir(name)
	if err != nil || len(entries) == 0 {
		panic("patches: no series " + name)
	}
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err)
	}
	return sub
}

// Files are the patches, by their paths below this folder.
func Files() fs.FS { return files }
