// SPDX-License-Identifier: Apache-2.0

package task

import (
	"os"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fleet"
)

// Unpack puts files that a worker kept below dir, where place says by a file's name in the
// task's folder, or says that it belongs to something else. Those that did not come are left
// out, which a notice has said, and so is what would lie elsewhere than in dir.
func Unpack(logs []fleet.Log, dir string, place func(name string) (below string, ours bool)) error {
	for _, l := range logs {
		below, ours := place(l.Name)
		if l.Path == "" || !ours || !filepath.IsLocal(below) {
			continue
		}
		data, err := os.ReadFile(l.Path)
		if err == nil {
			err = disk.WriteFile(filepath.Join(dir, below), data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
