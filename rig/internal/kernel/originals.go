// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
	"os"
	"sync"

	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
)

// originals is what was last read of a tree's originals. The file holds each file whole
// that any patch ever changed, and one patch alone asks for dozens of them.
type originals struct {
	mu    sync.Mutex
	info  fs.FileInfo // of the file that was read; nil: none
	files variant.Changes
}

// read returns what the file holds now, which is not to be changed. Whoever writes it
// replaces it, so that another file is another content.
func (o *originals) read(path string) variant.Changes {
	o.mu.Lock()
	defer o.mu.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return variant.Changes{}
	}
	if o.info == nil || !os.SameFile(o.info, info) || !o.info.ModTime().Equal(info.ModTime()) || o.info.Size() != info.Size() {
		files := variant.Changes{}
		store.ReadJSON(path, &files)
		o.info, o.files = info, files
	}
	return o.files
}
