// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/wire"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/wording"
)

// file is scenario.yaml as it is read, before what it names is.
type file struct {
	Name    string
	Title   string
	Kernels versions
	Fix     []series
	Objects []string
	Config  fragment
	Make    []string
	Order   order
	Scope   struct {
		Patch struct {
			Callers *int
			Calls   *bool
		}
		Kernel, Callees, Objects []string
	}
	Workload workload
	Detect   []sign
	After    string
	Words    wording.Words
	Litmus   string
	Machine  machine
}

// series is one way to fix the bug: a file or folder, or files that belong together.
type series struct {
	Path    string
	Patches []string
	Reverse bool
	Kernels versions
}

// files are the patches of a series, or the folder of them.
func (s series) files() []string {
	if s.Patches == nil {
		return []string{s.Path}
	}
	return s.Patches
}

// versions is a range of them, of which the zero value is all.
type versions struct{ kernelversion.Range }

// UnmarshalYAML takes what has been checked.
func (v *versions) UnmarshalYAML(n *yaml.Node) (err error) {
	v.Range, err = kernelversion.Parse(n.Value)
	return err
}

// UnmarshalYAML takes the short form, a path, too.
func (s *series) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&s.Path)
	}
	type long series // without this method
	return n.Decode((*long)(s))
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

// machine is the guest's.
type machine struct {
	Arch   []string
	CPUs   int
	Memory mebibytes
}

// mebibytes is a size in them.
type mebibytes int

// UnmarshalYAML takes what has been checked.
func (m *mebibytes) UnmarshalYAML(n *yaml.Node) error {
	number, unit := n.Value[:len(n.Value)-1], n.Value[len(n.Value)-1]
	size, err := strconv.Atoi(number)
	if unit == 'G' {
		size <<= 10
	}
	*m = mebibytes(size)
	return err
}

type order struct {
	Function string
	First    []string
	Count    string
}

type workload struct {
	Builtin, Source, Binary string
	Args, Env, Files        []string
	Ready                   bool
	Window                  windows
	Boot                    int
	Modes                   []string
	Readers                 map[string]Reader
	Mark                    string
}

// windows is what one chance to see the bug is.
type windows struct {
	Kind  wire.WindowKind
	Every time.Duration
}

// UnmarshalYAML takes a kind, or a length of time.
func (w *windows) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&w.Kind)
	}
	var timed struct{ Every time.Duration }
	err := n.Decode(&timed)
	w.Kind, w.Every = wire.WindowTimed, timed.Every
	return err
}
