// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"io/fs"
	"path/filepath"

	"kcovrig/rig/fault"
)

// filesBelow lists the files below dir/sub, relative to dir.
func filesBelow(dir, sub string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(filepath.Join(dir, sub), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, relErr := filepath.Rel(dir, path)
			files, err = append(files, rel), relErr
		}
		return err
	})
	return files, fault.Wrap(fault.Rig, "list the run folder", err)
}
