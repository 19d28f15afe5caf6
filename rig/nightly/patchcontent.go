// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
	"kcovrig/rig/yamlfile"
)

// patchContents are the contents of the patches that cells name, sorted by their names.
func patchContents(cells []matrix.Cell) ([]string, error) {
	var out []string
	for _, path := range matrix.PatchFiles(cells) {
		text, err := patchContent(path)
		if errors.Is(err, fs.ErrNotExist) {
			if near := yamlfile.Nearest(filepath.Base(path), matrix.NoPatchFiles()); near != "" {
				err = fmt.Errorf("%w; did you mean %q?", err, near)
			}
		}
		if err != nil {
			return nil, fault.Wrap(fault.User, "read the patch", err)
		}
		out = append(out, text)
	}
	return out, nil
}

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
