// SPDX-License-Identifier: Apache-2.0

// Package images holds the kernel config fragments: one for every guest, one
// per architecture, one for scenarios' own programs, and a folder per scenario. It owns the text only; merging
// and checking are left to rig/internal/kernel/kbuild.
package images

import (
	"embed"
	"io/fs"
)

//go:embed *.config */*.config
var files embed.FS

// Fragment returns the text of the named fragment, say "arm64" or
// "SCENARIO/NAME". The names are constants of this repository: an unknown one panics.
func Fragment(name string) string {
	text, err := files.ReadFile(name + ".config")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Files are the fragments, by their paths below this folder.
func Files() fs.FS { return files }
