// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// standardInput stands for a patch that the command is sent.
const standardInput = "-"

// namePatches makes the patches' names of use in other folders and at other
// times: files get their whole path, and what comes by standard input is kept in
// the cache under its content's hash. What is no file may be a commit.
func namePatches(spec trial.Spec, cache string, stdin io.Reader) (trial.Patches, error) {
	var out trial.Patches
	read := false
	for _, named := range spec.Patch {
		if named == standardInput {
			if read {
				return nil, fault.Newf(fault.User, "--patch -", "standard input can be read once only")
			}
			read = true
			path, err := keepInput(cache, stdin)
			if err != nil {
				return nil, err
			}
			out = append(out, path)
			continue
		}
		if _, err := os.Stat(named); errors.Is(err, fs.ErrNotExist) && spec.Tree != "" {
			out = append(out, named)
			continue
		}
		path, err := filepath.Abs(named)
		if err != nil {
			return nil, fault.Wrap(fault.User, "--patch", err)
		}
		out = append(out, path)
	}
	return out, nil
}

// keepInput puts standard input into the cache, and returns where.
func keepInput(cache string, stdin io.Reader) (string, error) {
	const op = "--patch -"
	if stdin == nil {
		return "", fault.Newf(fault.User, op, "there is no standard input to read")
	}
	text, err := io.ReadAll(io.LimitReader(stdin, disk.MaxInput+1))
	switch {
	case err != nil:
		return "", fault.Wrap(fault.User, op, err)
	case len(text) > disk.MaxInput:
		return "", fault.Newf(fault.User, op, "it is larger than %d MiB", disk.MaxInput>>20)
	}
	folder := filepath.Join(cache, "patches")
	path := filepath.Join(folder, "stdin-"+disk.Sum(text)[:16]+".patch")
	err = os.MkdirAll(folder, 0o755)
	if err == nil {
		err = disk.WriteFile(path, text)
	}
	return path, fault.Wrap(fault.Rig, "keep the patch from standard input", err)
}
