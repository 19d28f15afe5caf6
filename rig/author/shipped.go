// SPDX-License-Identifier: Apache-2.0

// Package author helps those who write scenarios: it begins one, checks one against a
// tree, and says which ones come with kcovrig, as examples, and what their file may
// hold. It leaves reading a scenario to rig/scenario, and how all that is shown to
// the reports.
package author

import (
	"cmp"
	"maps"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/scenario"
	"kcovrig/scenarios"
)

// Shipped is a scenario that comes with kcovrig.
type Shipped struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Archs   []string `json:"archs"`
	Default bool     `json:"default"` // looked at where none is named
}

// List tells all scenarios that come with kcovrig, by name.
func List() ([]Shipped, error) {
	var all []Shipped
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		if err != nil {
			return nil, err
		}
		all = append(all, Shipped{Name: s.Name, Title: s.Title, Archs: s.Archs, Default: name == scenario.Default})
	}
	return all, nil
}

// Modes are those of a scenario's workload, as --scenario names it; none where it cannot be read.
func Modes(ref string) []string {
	s, err := scenario.Load(cmp.Or(ref, scenario.Default))
	if err != nil {
		return nil
	}
	return slices.Clone(s.Modes)
}

// Readers are those of a scenario, as Modes.
func Readers(ref string) []string {
	s, err := scenario.Load(cmp.Or(ref, scenario.Default))
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.Readers))
}

// Schema is the JSON schema of scenario files, for editors.
func Schema() ([]byte, error) {
	text, err := scenario.FileSchema()
	return text, fault.Wrap(fault.Rig, "write the schema of scenario files", err)
}

// Header is what a scenario's program may include.
func Header() []byte { return scenarios.Header() }
