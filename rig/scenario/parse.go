// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/wire"
	"kcovrig/rig/yamlfile"
)

// What Parse's errors begin and end with.
const (
	op  = "read the scenario"
	try = "docs/scenarios.md describes the file; docs/scenario.schema.json lets an editor check it"
)

// parse reads a scenario file. Its errors are the user's fault, and name line and
// column of everything that is wrong; path is for those alone.
func parse(path string, text []byte) (file, error) {
	r := &yamlfile.Reader{File: path}
	var f file
	top, ok := r.Root(text, whole)
	if ok {
		root().check(r, top, whole)
	}
	if ok && !r.Failed() {
		if err := top.Decode(&f); err != nil {
			r.Fail(yamlfile.PlaceOf(top), "%v", err)
		}
		f.complete(r, top)
	}
	return f, r.Err(op, try)
}

// complete fills defaults, and checks what members ask of each other.
func (f *file) complete(r *yamlfile.Reader, top *yaml.Node) {
	if f.Detect == nil {
		f.Detect = []sign{{Kind: wire.KindTold}}
	}
	if f.Scope.Patch.Callers == nil {
		direct := 1
		f.Scope.Patch.Callers = &direct
	}
	across{r, top, f}.check()
	const prefix = "guest:"
	f.Workload.Mark = strings.TrimPrefix(f.Workload.Mark, prefix)
	for _, reader := range f.Workload.Readers {
		for i := range reader.Symbols {
			reader.Symbols[i] = strings.TrimPrefix(reader.Symbols[i], prefix)
		}
	}
}
