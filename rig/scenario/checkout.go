// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"

	"kcovrig/scenarios"
)

// theModule begins the file at the root of a checkout of kcovrig.
const theModule = "module kcovrig\n"

// inCheckout says whether dir is the folder of a scenario that comes with kcovrig, in
// a checkout. Its paths are from the checkout's root, which is returned with the
// folder's path below it. Of all other folders the paths are their own, so that no
// scenario of a user's reaches out of its folder.
func inCheckout(dir string) (root, below string, ok bool) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", "", false
	}
	name, parent := filepath.Base(abs), filepath.Dir(abs)
	if filepath.Base(parent) != "scenarios" || !slices.Contains(scenarios.Names(), name) {
		return "", "", false
	}
	root = filepath.Dir(parent)
	opened, err := os.OpenRoot(root)
	if err != nil {
		return "", "", false
	}
	defer opened.Close()
	c := &collector{from: opened.FS(), contents: map[string][]byte{}}
	if c.read("go.mod", "go.mod") != nil || !bytes.HasPrefix(c.contents["go.mod"], []byte(theModule)) {
		return "", "", false
	}
	return root, path.Join("scenarios", name), true
}
