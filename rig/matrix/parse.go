// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// The file's keys beside the axes'.
var topKeys = []string{"version", "name", "scenario", "duration", "clean-share", "axes", "include", "exclude", "expectations"}

const (
	// formatVersion is the one version of the file's format.
	formatVersion = 1
	// standardScenario is the bug that is looked at where the file names none.
	standardScenario = scenario.Default
	// cleanShare is the share of stale blocks that a lone kernel has to exclude to be
	// clean, where the file states none. The emulator makes a larger share stale.
	cleanShare = 0.05
)

// durationForm is what time.ParseDuration reads, without signs and bare points.
const durationForm = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`

var durations = regexp.MustCompile(durationForm)

// document is the file as it is read, before the cells are made.
type document struct {
	*reader
	dir          string // of the file
	name         string
	scenario     scenario.Scenario
	base         Cell // what all cells share
	axes         map[string][]value
	axesAt       place
	include      []entry
	exclude      []entry
	expectations []entry
}

// Parse reads a matrix file. Its errors are the user's fault, and name file,
// line and column of everything that is wrong. path is for those and for the
// paths in the file that are relative to its folder; nothing is opened.
func Parse(path string, text []byte) (File, error) {
	d := &document{reader: &reader{file: path}, dir: filepath.Dir(path), name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), axes: map[string][]value{}}
	root, ok := d.root(text)
	if ok {
		d.read(root)
	}
	if err := d.err(); err != nil {
		return File{}, err
	}
	cells := d.cells()
	return File{Path: path, Name: d.name, Cells: cells}, d.err()
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// root parses the YAML, of which there must be one document.
func (d *document) root(text []byte) (*yaml.Node, bool) {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc, more yaml.Node
	err := decoder.Decode(&doc)
	if err == nil {
		if again := decoder.Decode(&more); again == nil {
			d.fail(placeOf(&more), "a second document; a matrix is one")
			return nil, false
		} else if !errors.Is(again, io.EOF) {
			err = again
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		d.fail(place{}, "the file is empty")
	case err != nil:
		words, line := err.Error(), 1
		if m := yamlLine.FindStringSubmatch(words); m != nil {
			line, _ = strconv.Atoi(m[1])
			words = strings.TrimPrefix(words, m[0])
		}
		d.fail(place{line, 1}, "no YAML: %s", strings.TrimPrefix(words, "yaml: "))
	default:
		return doc.Content[0], true
	}
	return nil, false
}

func (d *document) read(root *yaml.Node) {
	pairs := d.pairs(root, "a matrix", topKeys)
	if len(d.problems) > 0 && pairs == nil {
		return
	}
	byKey := map[string]pair{}
	for _, p := range pairs {
		byKey[p.key] = p
	}
	if v, ok := byKey["version"]; !ok {
		d.fail(placeOf(root), "no version; write: version: %d", formatVersion)
	} else if v.value.Tag != "!!int" || v.value.Value != fmt.Sprint(formatVersion) {
		d.fail(placeOf(v.value), "version: want %d, not %q", formatVersion, v.value.Value)
	}
	if v, ok := byKey["name"]; ok {
		d.name, _ = d.text(v.value, "name")
	}
	d.readSettings(byKey)
	if len(byKey["axes"].key)+len(byKey["include"].key) == 0 {
		d.fail(placeOf(root), "neither axes nor include: there are no cells")
	}
	if v, ok := byKey["axes"]; ok {
		d.readAxes(v)
	}
	for key, list := range map[string]*[]entry{"include": &d.include, "exclude": &d.exclude, "expectations": &d.expectations} {
		if v, ok := byKey[key]; ok {
			*list = d.entries(v, key)
		}
	}
}

// readSettings reads what all cells share.
func (d *document) readSettings(byKey map[string]pair) {
	name := standardScenario
	if v, ok := byKey["scenario"]; ok {
		if word, ok := d.word(v.value, "scenario", scenario.Names()); ok {
			name = word
		}
	}
	s, err := scenario.Lookup(name)
	if err != nil {
		panic(err) // the names were checked
	}
	d.scenario, d.base.Spec.Scenario, d.base.Spec.CleanShare = s, name, cleanShare
	if v, ok := byKey["duration"]; ok {
		d.base.Spec.Duration = d.duration(v.value)
	}
	if v, ok := byKey["clean-share"]; ok {
		share, err := strconv.ParseFloat(v.value.Value, 64)
		if v.value.Kind != yaml.ScalarNode || v.value.Tag != "!!float" && v.value.Tag != "!!int" || err != nil || !(share > 0) || share >= 1 {
			d.fail(placeOf(v.value), "clean-share: want a number between 0 and 1, not %s", shown(v.value))
		} else {
			d.base.Spec.CleanShare = share
		}
	}
}

func (d *document) duration(n *yaml.Node) time.Duration {
	text, ok := d.text(n, "duration")
	if !ok {
		return 0
	}
	length, err := time.ParseDuration(text)
	if err != nil || !durations.MatchString(text) || length <= 0 || length > trial.MaxDuration {
		d.fail(placeOf(n), "duration: want a time such as 10s, above 0 and up to %v, not %q", trial.MaxDuration, text)
		return 0
	}
	return length
}

// shown is a node in a message.
func shown(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return strconv.Quote(n.Value)
	}
	return kindOf(n)
}
