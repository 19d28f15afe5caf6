// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"regexp"

	"kcovrig/rig/fault"
)

var versionLine = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *(\S*) *$`)

// readVersion returns the version that the top Makefile of a tree names, say 6.12.117.
func readVersion(dir string) (string, error) {
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

// checkTree refuses a folder that is no kernel tree.
func checkTree(dir string) error {
	_, err := readVersion(dir)
	for _, name := range []string{"Kconfig", "Kbuild", "arch", "kernel"} {
		if err == nil {
			_, err = os.Stat(filepath.Join(dir, name))
		}
	}
	if err != nil {
		return fault.Newf(fault.User, "find the tree", "%s is no kernel tree: %w", dir, err)
	}
	return nil
}
