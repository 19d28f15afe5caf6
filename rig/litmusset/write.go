// SPDX-License-Identifier: Apache-2.0

package litmusset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/fault"
)

// The files beside the folders of the families.
const (
	ListFile = "@all"     // the tests' files, FAMILY/NAME.litmus, one a line
	LogFile  = "herd.log" // herd7's
)

// Write writes the families into dir, which must not exist or be empty.
func Write(dir string, families []Made) error {
	const op = "write litmus tests"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(fault.User, op, err)
	}
	old, err := os.ReadDir(dir)
	if err != nil {
		return fault.Wrap(fault.User, op, err)
	}
	if len(old) > 0 {
		return fault.Newf(fault.User, op, "the folder %s is not empty", dir)
	}
	var list strings.Builder
	var log []byte
	for _, f := range families {
		err := os.Mkdir(filepath.Join(dir, f.Name), 0o755)
		for _, t := range f.Tests {
			name := f.Name + "/" + t.Name + ".litmus"
			fmt.Fprintln(&list, name)
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(t.Text), 0o644))
		}
		if err != nil {
			return fault.Wrap(fault.User, op, err)
		}
		log = append(log, f.Log...)
	}
	return fault.Wrap(fault.User, op, errors.Join(
		os.WriteFile(filepath.Join(dir, LogFile), log, 0o644),
		os.WriteFile(filepath.Join(dir, ListFile), []byte(list.String()), 0o644),
	))
}
