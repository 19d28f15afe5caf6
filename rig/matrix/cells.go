// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

// combination is a cell under way: the value of every axis, and where it is from.
type combination struct {
	values map[string]value
	at     yamlfile.Place
	stated *entry // of an include with an expectation
}

// cells makes the file's cells: the product of the axes without what is
// excluded, then what is included.
func (d *document) cells() []Cell {
	combinations := d.product()
	for i := range d.exclude {
		e := &d.exclude[i]
		combinations = slices.DeleteFunc(combinations, func(c combination) bool {
			hit := e.matches(c)
			e.used = e.used || hit
			return hit
		})
		if !e.used {
			d.Fail(e.at, "exclude: no cell is like this")
		}
	}
	for i := range d.include {
		c := combination{values: d.standardValues(), at: d.include[i].at, stated: &d.include[i]}
		for key, list := range d.include[i].values {
			c.values[key] = list[0]
		}
		if _, named := d.include[i].values["command"]; !named {
			c.deriveCommand()
		}
		c.deriveReader()
		combinations = append(combinations, c)
	}
	if len(combinations) > maxCells {
		d.Fail(d.axesAt, "more than %d cells", maxCells)
		return nil
	}
	if len(combinations) == 0 && !d.Failed() {
		d.Fail(d.axesAt, "no cell is left")
	}
	var cells []Cell
	seen := doubles{map[string]int{}, map[string]int{}}
	for _, c := range combinations {
		cell, ok := d.cell(c)
		if !ok {
			continue
		}
		cell.Number = len(cells) + 1
		d.checkDouble(seen, cell, c.at)
		cells = append(cells, cell)
	}
	for _, e := range d.expectations {
		if !e.used {
			d.Fail(e.at, "expectations: no cell is like this")
		}
	}
	return cells
}

func (d *document) standardValues() map[string]value {
	values := map[string]value{}
	for _, a := range axes {
		values[a.key] = a.standard()
	}
	values[scenarioKey] = d.scenarios[0]
	return values
}

// product combines the axes' values, the last axis fastest.
func (d *document) product() []combination {
	if len(d.axes) == 0 {
		return nil
	}
	out := []combination{{values: d.standardValues(), at: d.axesAt}}
	for _, a := range axes {
		list := d.axes[a.key]
		if len(list) == 0 {
			continue
		}
		if len(out)*len(list) > maxCells {
			d.Fail(d.axesAt, "more than %d cells", maxCells)
			return nil
		}
		var next []combination
		for _, c := range out {
			for _, v := range list {
				values := maps.Clone(c.values)
				values[a.key] = v
				next = append(next, combination{values: values, at: v.at})
			}
		}
		out = next
	}
	for i := range out {
		if len(d.axes["command"]) == 0 {
			out[i].deriveCommand()
		}
		out[i].deriveReader()
	}
	return out
}

// deriveCommand sets the command where none is named.
func (c *combination) deriveCommand() {
	command := c.usualCommand()
	c.values["command"] = value{text: command, label: command, at: c.at}
}

// usualCommand is that of one kernel where there is but one: without a patch, or altered.
func (c combination) usualCommand() string {
	switch {
	case c.altered():
		return Barriers
	case c.values["patch"].text == none:
		return Run
	}
	return Compare
}

// scenario is the bug that the combination is about.
func (c combination) scenario() scenario.Scenario { return *c.values[scenarioKey].scenario }

// deriveReader sets the reader where none is named: the one that the scenario is judged by.
func (c *combination) deriveReader() {
	if c.values["reader"].at == (yamlfile.Place{}) {
		reader := string(c.scenario().JudgedReader())
		c.values["reader"] = value{text: reader, label: reader}
	}
}

// matches says whether the combination has, for every axis that the entry
// names, one of its values; a source also by its name.
func (e *entry) matches(c combination) bool {
	for key, list := range e.values {
		have := c.values[key]
		if !slices.ContainsFunc(list, func(v value) bool { return v.text == have.text || axisOf(key).named() && v.text == have.label }) {
			return false
		}
	}
	return true
}

// cell completes a combination, or says what is wrong with it.
func (d *document) cell(c combination) (Cell, bool) {
	cell := d.base
	cell.Axes = map[string]string{}
	for _, a := range axes {
		v := c.values[a.key]
		a.set(&cell, v)
		if a.key != scenarioKey && a.key != alterationKey || v.at != (yamlfile.Place{}) { // one of all cells is no coordinate
			cell.Axes[a.key] = v.text
		}
	}
	cell.ID, cell.Name = identity(c, cell.Spec), nameOf(c)
	if label := scenarioLabel(cell.Spec); label != "" {
		cell.Name += "/" + label
	}
	if !d.checkAltered(cell, c) {
		return cell, false
	}
	if cell.Command == Compare && c.values["patch"].text == none {
		d.Fail(c.at, "%s: patch none leaves nothing to compare: exclude {command: compare, patch: none}", cell.Name)
		return cell, false
	}
	if err := runs(c.scenario(), cell.Spec); err != nil {
		d.Fail(d.blame(c, err), "cell %s: %s; exclude it", cell.Name, words(err))
		return cell, false
	}
	d.expect(&cell, c)
	return cell, true
}

// altered says whether the combination is of one kernel with an alteration.
func (c combination) altered() bool { return c.values[alterationKey].text != none }

// checkAltered says what is wrong with a combination of an alteration and others.
func (d *document) checkAltered(cell Cell, c combination) bool {
	switch {
	case c.altered() != (cell.Command == Barriers):
		d.Fail(c.at, "%s: command %s and alteration %s do not go together: leave command out, or exclude that", cell.Name, cell.Command, c.values[alterationKey].text)
	case c.altered() && c.values["patch"].text == none:
		d.Fail(c.at, "%s: an alteration says which kernel it is of: exclude {patch: none, alteration: %s}", cell.Name, c.values[alterationKey].text)
	default:
		return true
	}
	return false
}

// runs says what of a specification is not right, or not the scenario's.
func runs(s scenario.Scenario, spec trial.Spec) error {
	if len(spec.Modes) == 0 {
		spec.Modes = s.Modes
	}
	if err := spec.Validate(); err != nil {
		return err
	}
	for _, r := range spec.Readers {
		if have := readers(s); r != s.JudgedReader() && !slices.Contains(have, string(r)) {
			return fmt.Errorf("--reader: scenario %s has no reader %q (have: %s)", s.Name, r, strings.Join(have, ", "))
		}
	}
	return s.HasModes(spec.Modes)
}

// scenarioLabel tells a specification's scenario from the standard one, which has none,
// and from others of its name.
func scenarioLabel(s trial.Spec) string {
	switch {
	case s.ScenarioHash != "":
		return fmt.Sprintf("%s-%.8s", s.Scenario, s.ScenarioHash)
	case s.Scenario != standardScenario:
		return s.Scenario
	}
	return ""
}

// blame finds the value that a specification's error speaks of by its flag.
func (d *document) blame(c combination, err error) yamlfile.Place {
	for _, a := range axes {
		if v := c.values[a.key]; v.at != (yamlfile.Place{}) && strings.HasPrefix(words(err), "--"+a.key) {
			return v.at
		}
	}
	return c.at
}

func words(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Err.Error()
	}
	return err.Error()
}

// identity hashes what differs from the defaults, so that an axis that is added
// with its default alone renames no cell.
func identity(c combination, spec trial.Spec) string {
	var lines []string
	switch {
	case spec.ScenarioHash != "":
		lines = append(lines, "scenario="+spec.ScenarioHash)
	case spec.Scenario != standardScenario:
		lines = append(lines, "scenario="+spec.Scenario)
	}
	for _, a := range axes {
		if a.key == scenarioKey { // above: by what it says, not by where it lies
			continue
		}
		v, standard := c.values[a.key].text, a.fallback
		if a.key == "command" {
			standard = c.usualCommand()
		}
		if v != standard {
			lines = append(lines, a.key+"="+v)
		}
	}
	slices.Sort(lines)
	return disk.Sum([]byte(strings.Join(lines, "\n")))[:12]
}

// nameOf names a combination: architecture, what is done, the reader, and
// whatever else is not the default.
func nameOf(c combination) string {
	v := c.values
	parts := []string{v["arch"].label}
	add := func(key string) {
		if v[key].text != axisOf(key).fallback {
			parts = append(parts, v[key].label)
		}
	}
	add("tree")
	switch {
	case c.altered():
		parts = append(parts, v[alterationKey].label)
		add("patch")
	case v["patch"].text == none:
		parts = append(parts, string(trial.Unpatched))
	case v["command"].text == Run:
		parts = append(parts, string(trial.Patched))
		add("patch")
	default:
		parts = append(parts, Compare)
		add("patch")
	}
	parts = append(parts, v["reader"].label)
	for _, key := range []string{"mode", "compiler", "cpu", "memory-model", "accel", "qemu", "host"} {
		add(key)
	}
	if seed := v["seed"]; seed.text != axisOf("seed").fallback {
		parts = append(parts, "seed-"+seed.label)
	}
	return strings.Join(parts, "/")
}

// doubles finds cells that are there twice, or that people could not tell apart.
type doubles struct{ ids, names map[string]int }

func (d *document) checkDouble(seen doubles, cell Cell, at yamlfile.Place) {
	if n := seen.ids[cell.ID]; n > 0 {
		d.Fail(at, "cell %s is there already, as number %d", cell.Name, n)
	} else if seen.names[cell.Name] > 0 {
		d.Fail(at, "two cells are named %s: give a tree, patch or QEMU a name of its own, as in {path: ..., name: ...}", cell.Name)
	}
	seen.ids[cell.ID], seen.names[cell.Name] = cell.Number, cell.Number
}

// tso says whether the cell's architecture keeps stores in order.
func (c Cell) tso() bool {
	a, err := arch.Lookup(c.Spec.Arch)
	return err == nil && a.TSO
}

// String is the cell's number and name.
func (c Cell) String() string { return fmt.Sprintf("%d %s", c.Number, c.Name) }
