// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
)

// switchTo makes the private copy hold v. The caller holds the tree's lock.
// Every file that any variant ever changed gets the present time, since a
// build folder that is about to be reused may stem from any variant.
func (t *Tree) switchTo(v variant.Changes) error {
	kept := maps.Clone(t.originals.read(t.originalsPath()))
	known := len(kept)
	for path := range v {
		if _, ok := kept[path]; ok {
			continue
		}
		text, err := t.readCopy(path)
		switch {
		case err == nil:
			kept[path] = &text
		case errors.Is(err, fs.ErrNotExist):
			kept[path] = nil
		default:
			return fault.Wrap(fault.Rig, "switch the tree", err)
		}
	}
	if len(kept) > known {
		if err := store.WriteJSON(t.originalsPath(), kept); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(kept)) {
		text, ok := v[path]
		if !ok {
			text = kept[path]
		}
		if err := t.put(path, text); err != nil {
			return store.DiskFault("switch the tree", err)
		}
	}
	return nil
}

// put makes path hold text, or removes it where text is nil. The file is
// replaced, never written in place.
func (t *Tree) put(path string, text *string) error {
	to := filepath.Join(t.src, path)
	if text == nil {
		if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if have, err := os.ReadFile(to); err == nil && string(have) == *text {
		now := time.Now()
		return os.Chtimes(to, now, now)
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(to); err == nil {
		mode = info.Mode().Perm()
	}
	if err := store.WriteFile(to, []byte(*text)); err != nil {
		return err
	}
	return os.Chmod(to, mode)
}

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
