// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

// The file's keys beside the axes'.
var topKeys = []string{"version", "name", "scenario", "duration", "clean-share", "axes", "include", "exclude", "expectations"}

const (
	// formatVersion is the one version of the file's format.
	formatVersion = 1
	// standardScenario is the bug that is looked at where the file names none.
	standardScenario = scenario.Default
	// cleanShare is the share of blocks with a hit that a lone kernel has to exclude to be
	// clean, where the file states none. The emulator gives a larger share a hit.
	cleanShare = 0.05
)

// durationForm is what time.ParseDuration reads, without signs and bare points.
const durationForm = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`

var durations = regexp.MustCompile(durationForm)

// What Parse's errors begin and end with.
const (
	op  = "read the matrix"
	try = "docs/matrix.md describes the file; docs/matrix.schema.json lets an editor check it"
)

// document is the file as it is read, before the cells are made.
type document struct {
	*yamlfile.Reader
	dir          string // of the file
	name         string
	scenarios    []value // that the file names; the first is that of cells that name none
	base         Cell    // what all cells share
	axes         map[string][]value
	axesAt       yamlfile.Place
	include      []entry
	exclude      []entry
	expectations []entry
	notes        []string
}

// Parse reads a matrix file. Its errors are the user's fault, and name file,
// line and column of everything that is wrong. path is for those and for the
// paths in the file that are relative to its folder; nothing is opened but the
// scenario that it names.
func Parse(path string, text []byte) (File, error) {
	d := &document{Reader: &yamlfile.Reader{File: path}, dir: filepath.Dir(path), name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), axes: map[string][]value{}}
	root, ok := d.Root(text, "a matrix")
	if ok {
		d.read(root)
	}
	if err := d.Err(op, try); err != nil {
		return File{}, err
	}
	cells := d.cells()
	f := File{Path: path, Name: d.name, Cells: cells, Notes: d.notes}
	for _, v := range d.scenarios {
		f.scenarios = append(f.scenarios, *v.scenario)
	}
	return f, d.Err(op, try)
}

func (d *document) read(root *yaml.Node) {
	pairs := d.Pairs(root, "a matrix", topKeys)
	if d.Failed() && pairs == nil {
		return
	}
	byKey := map[string]yamlfile.Pair{}
	for _, p := range pairs {
		byKey[p.Key] = p
	}
	if v, ok := byKey["version"]; !ok {
		d.Fail(yamlfile.PlaceOf(root), "no version; write: version: %d", formatVersion)
	} else if v.Value.Tag != "!!int" || v.Value.Value != fmt.Sprint(formatVersion) {
		d.Fail(yamlfile.PlaceOf(v.Value), "version: want %d, not %q", formatVersion, v.Value.Value)
	}
	if v, ok := byKey["name"]; ok {
		d.name, _ = d.Text(v.Value, "name")
	}
	d.readSettings(byKey)
	if len(byKey["axes"].Key)+len(byKey["include"].Key) == 0 {
		d.Fail(yamlfile.PlaceOf(root), "neither axes nor include: there are no cells")
	}
	if v, ok := byKey["axes"]; ok {
		d.readAxes(v)
	}
	for _, e := range []struct { // an include may name scenarios that the others mean
		key  string
		list *[]entry
	}{{"include", &d.include}, {"exclude", &d.exclude}, {"expectations", &d.expectations}} {
		if v, ok := byKey[e.key]; ok {
			*e.list = d.entries(v, e.key)
		}
	}
}

// readSettings reads what all cells share.
func (d *document) readSettings(byKey map[string]yamlfile.Pair) {
	ref := standardScenario
	v, ok := byKey["scenario"]
	if ok {
		if word, ok := d.Text(v.Value, "scenario"); ok {
			ref = word
		}
	}
	s, err := scenario.Load(d.complete(ref))
	if err != nil {
		d.Fail(yamlfile.PlaceOf(v.Value), "scenario: %s", err)
		s, _ = scenario.Load(standardScenario) // for what else is wrong
	}
	d.scenarios = []value{{text: ref, label: s.Name, scenario: &s}}
	d.base.Spec.CleanShare = cleanShare
	if v, ok := byKey["duration"]; ok {
		d.base.Spec.Duration = d.duration(v.Value)
	}
	if v, ok := byKey["clean-share"]; ok {
		share, err := strconv.ParseFloat(v.Value.Value, 64)
		if v.Value.Kind != yaml.ScalarNode || v.Value.Tag != "!!float" && v.Value.Tag != "!!int" || err != nil || !(share > 0) || share >= 1 {
			d.Fail(yamlfile.PlaceOf(v.Value), "clean-share: want a number between 0 and 1, not %s", yamlfile.Shown(v.Value))
		} else {
			d.base.Spec.CleanShare = share
		}
	}
}

// complete makes a scenario's path, which is relative to the file's folder, complete.
// The name of one that comes with the rig stays.
func (d *document) complete(ref string) string {
	if filepath.IsAbs(ref) || slices.Contains(scenario.Names(), ref) {
		return ref
	}
	return filepath.Join(d.dir, ref)
}

func (d *document) duration(n *yaml.Node) time.Duration {
	text, ok := d.Text(n, "duration")
	if !ok {
		return 0
	}
	length, err := time.ParseDuration(text)
	if err != nil || !durations.MatchString(text) || length <= 0 || length > trial.MaxDuration {
		d.Fail(yamlfile.PlaceOf(n), "duration: want a time such as 10s, above 0 and up to %v, not %q", trial.MaxDuration, text)
		return 0
	}
	return length
}
