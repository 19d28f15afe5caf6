// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"kcovrig/rig/fault"
)

var versionLine = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *(\S*) *$`)

// Version returns the version that the top Makefile of a tree names, say 6.12.117.
func Version(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "Makefile"))
	if err != nil {
		return "", err
	}
	v := map[string]string{}
	for _, m := range versionLine.FindAllStringSubmatch(string(text), 4) {
		v[m[1]] = m[2]
	}
	if v["VERSION"] == "" || v["PATCHLEVEL"] == "" {
		return "", fault.Newf(fault.User, "read the version", "the Makefile names none")
	}
	version := v["VERSION"] + "." + v["PATCHLEVEL"]
	if v["SUBLEVEL"] != "" {
		version += "." + v["SUBLEVEL"]
	}
	return version + v["EXTRAVERSION"], nil
}

// Check refuses a folder that is no kernel tree.
func Check(dir string) error {
	_, err := Version(dir)
	for _, name := range []string{"Kconfig", "Kbuild", "arch", "kernel"} {
		if err == nil {
			_, err = os.Stat(filepath.Join(dir, name))
		}
	}
	if err != nil {
		return &fault.Error{Kind: fault.User, Op: "find the tree", Err: fmt.Errorf("%s is no kernel tree: %w", dir, err), Try: aTree}
	}
	return nil
}

// Top returns dir, or the one folder in it, whichever is a kernel tree.
func Top(dir string) (string, error) {
	err := Check(dir)
	if err == nil {
		return dir, nil
	}
	items, readErr := os.ReadDir(dir)
	if readErr != nil || len(items) != 1 || !items[0].IsDir() {
		return "", err
	}
	sub := filepath.Join(dir, items[0].Name())
	return sub, Check(sub)
}
