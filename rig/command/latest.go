// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// latestFile is the cache's file with the folder of the latest run or matrix.
const latestFile = "latest"

// KeepAsLatest makes folder the one that Latest names.
func KeepAsLatest(cacheDir, folder string) error {
	dir, err := disk.Absolute(cacheDir)
	if err == nil {
		err = disk.WriteFile(filepath.Join(dir, latestFile), []byte(folder+"\n"))
	}
	return fault.Wrap(fault.Rig, "note which run is the latest", err)
}

// Latest is the folder of the latest run or matrix.
func Latest(cacheDir string) (string, error) {
	const op, try = "find the latest run", "name a run folder (--out of compare or run)"
	dir, err := disk.Absolute(cacheDir)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, latestFile))
	folder := strings.TrimSuffix(string(text), "\n")
	if err == nil {
		_, err = os.Stat(folder)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && folder == "":
		return "", &fault.Error{Kind: fault.User, Op: op, Err: errors.New("there is none yet"), Try: try}
	case errors.Is(err, fs.ErrNotExist):
		return "", &fault.Error{Kind: fault.User, Op: op, Err: errors.New(folder + " is not there any more"), Try: try}
	}
	return folder, fault.Wrap(fault.Rig, op, err)
}
