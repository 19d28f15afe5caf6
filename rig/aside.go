// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// writeAside writes value as JSON under a name that appears only when complete.
func writeAside(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return replaceFile(path, data)
}

// replaceFile puts data in the place of path in one step, and makes its folder.
func replaceFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".aside-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
