// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"os"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel"
)

// Sources are the lines of the files that the fix changes, as they were compiled into
// image, by where they are in the tree. Kernels that came ready have none.
func Sources(image Image) (map[string][]string, error) {
	return readSources(sourcesOf(image.Objects, image.Headers))
}

// sourcesOf says where files are kept as they were compiled, by where they are in the tree.
func sourcesOf(objects []kernel.Object, headers []kernel.Header) map[string]string {
	kept := map[string]string{}
	for _, o := range objects {
		kept[o.File] = o.Source
	}
	for _, h := range headers {
		kept[h.File] = h.Source
	}
	return kept
}

func readSources(kept map[string]string) (map[string][]string, error) {
	lines := map[string][]string{}
	for file, path := range kept {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, "read the source as it was compiled", err)
		}
		lines[file] = strings.Split(string(text), "\n")
	}
	return lines, nil
}
