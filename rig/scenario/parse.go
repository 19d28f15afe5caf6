// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"kcovrig/rig/yamlfile"
)

// file is scenario.yaml as it is read, before what it names is.
type file struct {
	Name     string
	Title    string
	Fix      []series
	Config   fragment
	Make     []string
	Order    order
	Workload workload
	Litmus   string
	Machine  struct{ Arch []string }
}

// series is one way to fix the bug: a file or folder, or files that belong together.
type series struct {
	Path    string
	Patches []string
}

// UnmarshalYAML takes the short form, a path, too.
func (s *series) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&s.Path)
	}
	var long struct{ Patches []string }
	err := n.Decode(&long)
	s.Patches = long.Patches
	return err
}

// fragment is configuration: in the file, or in one of its own.
type fragment struct{ Text, File string }

// UnmarshalYAML takes the short form, the text, too.
func (f *fragment) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&f.Text)
	}
	var long struct{ File string }
	err := n.Decode(&long)
	f.File = long.File
	return err
}

type order struct {
	Function string
	First    []string
	Count    string
}

type workload struct {
	Builtin string
	Modes   []string
	Readers map[string]Reader
	Mark    string
}

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

// complete fills defaults, and refuses what needs a part that is not there yet.
func (f *file) complete(r *yamlfile.Reader, top *yaml.Node) {
	at := yamlfile.PlaceOf(top)
	if f.Order.Function == "" {
		notYet(r, at, "a scenario without order")
	}
	if len(f.Workload.Modes) == 0 {
		notYet(r, at, "a workload without modes")
	}
	if len(f.Workload.Readers) == 0 {
		notYet(r, at, "a workload without readers")
	}
	const prefix = "guest:"
	f.Workload.Mark = strings.TrimPrefix(f.Workload.Mark, prefix)
	for _, reader := range f.Workload.Readers {
		for i := range reader.Symbols {
			reader.Symbols[i] = strings.TrimPrefix(reader.Symbols[i], prefix)
		}
	}
}
