// SPDX-License-Identifier: Apache-2.0

package task

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fleet"
)

// Unpack puts files that a worker kept below dir: where, where says by a file's name in the
// task's folder, or it says that it belongs to something else. Those that did not come are left
// out, which a notice has said, and so is what would lie elsewhere than in dir.
func Unpack(logs []fleet.Log, dir string, where func(name string) (below string, ours bool)) error {
	for _, l := range logs {
		below, ours := where(l.Name)
		if l.Path == "" || !ours || !filepath.IsLocal(below) {
			continue
		}
		if err := place(l.Path, filepath.Join(dir, below)); err != nil {
			return err
		}
	}
	return nil
}

// place copies a file, which may be large.
func place(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := disk.NewPending(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Drop()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Place(0o644)
}
