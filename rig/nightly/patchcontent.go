// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/disk"
)

// patchContent is all that a patch file holds, or a folder of them with its names.
func patchContent(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		text, err := disk.ReadInput(path)
		return string(text), err
	}
	var b strings.Builder
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		fmt.Fprintf(&b, "%q %d\n%s", name, len(text), text)
		return err
	})
	return b.String(), err
}
