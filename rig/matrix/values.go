// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

// maxSeed bounds seeds: what every JSON reader keeps exactly.
const maxSeed = 1<<53 - 1

// expectKey stands beside axes in include and expectations.
const expectKey = "expect"

// entry is one item of include, exclude or expectations: some axes' values and,
// except in exclude, an outcome.
type entry struct {
	at       yamlfile.Place
	values   map[string][]value
	expect   Outcome
	expectAt yamlfile.Place
	used     bool
}

func (d *document) readAxes(p yamlfile.Pair) {
	d.axesAt = p.At
	for _, a := range scenarioFirst(d.Pairs(p.Value, "axes", axisKeys())) {
		d.axes[a.Key] = d.values(axisOf(a.Key), a.Value, true)
		seen := map[string]bool{}
		for _, v := range d.axes[a.Key] {
			if seen[v.text] {
				d.Fail(v.at, "%s: %s is given twice", a.Key, v.text)
			}
			seen[v.text] = true
		}
	}
}

// scenarioFirst puts the scenarios before what depends on them.
func scenarioFirst(pairs []yamlfile.Pair) []yamlfile.Pair {
	var first, rest []yamlfile.Pair
	for _, p := range pairs {
		if p.Key == scenarioKey {
			first = append(first, p)
		} else {
			rest = append(rest, p)
		}
	}
	return append(first, rest...)
}

// values reads one value of an axis or, where they may be several, a list.
func (d *document) values(a axis, n *yaml.Node, several bool) []value {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode && several {
		nodes = d.Items(n, a.key)
	}
	var out []value
	for _, n := range nodes {
		if v, ok := d.value(a, n); ok {
			out = append(out, v)
		}
	}
	return out
}

func (d *document) value(a axis, n *yaml.Node) (value, bool) {
	v := value{at: yamlfile.PlaceOf(n)}
	switch {
	case a.number:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Decode(&v.seed) != nil || v.seed > maxSeed {
			d.Fail(v.at, "%s: want a whole number from 0 to 2^53 - 1, not %s", a.key, yamlfile.Shown(n))
			return v, false
		}
		v.text = n.Value
		v.label = n.Value
		return v, true
	case a.key == scenarioKey:
		return d.scenarioValue(n)
	case a.source && n.Kind == yaml.MappingNode:
		return d.source(a, n)
	case a.source:
		text, ok := d.Text(n, a.key)
		v.text, v.path, v.label = text, a.complete(d.dir, text), labelOf(text, "")
		if slices.Contains(reserved(a), text) {
			v.path, v.label = "", text
		}
		return v, ok
	}
	if a.form != nil {
		text, ok := d.Text(n, a.key)
		if ok && !a.form.MatchString(text) {
			d.Fail(v.at, "%s: want %s, not %s", a.key, a.about, yamlfile.Shown(n))
			ok = false
		}
		v.text, v.label = text, text
		return v, ok
	}
	text, ok := d.Word(n, a.key, d.words(a))
	v.text, v.label = text, text
	return v, ok
}

// words are the values that an axis may have: those of any of the file's scenarios, of
// which each cell is then held against its own.
func (d *document) words(a axis) []string {
	var all []string
	for _, s := range d.scenarios {
		for _, w := range a.words(*s.scenario) {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// scenarioValue reads the name or path of a scenario, or the name of one that the file
// has named by its path.
func (d *document) scenarioValue(n *yaml.Node) (value, bool) {
	v := value{at: yamlfile.PlaceOf(n)}
	text, ok := d.Text(n, scenarioKey)
	if !ok {
		return v, false
	}
	for _, known := range d.scenarios {
		if known.text == text || known.label == text {
			known.at = v.at
			return known, true
		}
	}
	s, err := scenario.Load(d.complete(text))
	if err != nil {
		d.Fail(v.at, "scenario: %s", err)
		return v, false
	}
	v.text, v.label, v.scenario = text, s.Name, &s
	d.scenarios = append(d.scenarios, v)
	return v, true
}

// reserved lists the words that are no path.
func reserved(a axis) []string {
	if a.key == "patch" {
		return NoPatchFiles()
	}
	return []string{a.fallback}
}

// source reads the long form of a path: {path, rev, name}.
func (d *document) source(a axis, n *yaml.Node) (value, bool) {
	keys := []string{"path", "name"}
	if a.rev {
		keys = []string{"path", "rev", "name"}
	}
	v, good := value{at: yamlfile.PlaceOf(n)}, true
	for _, p := range d.Pairs(n, a.key, keys) {
		text, ok := d.Text(p.Value, a.key+"."+p.Key)
		good = good && ok
		switch p.Key {
		case "path":
			v.text = text
		case "rev":
			v.rev = text
		case "name":
			v.label = strings.ReplaceAll(text, "/", "-")
		}
	}
	switch {
	case v.text == "":
		if good {
			d.Fail(v.at, "%s: no path", a.key)
		}
		return v, false
	case slices.Contains(reserved(a), v.text):
		d.Fail(v.at, "%s: %s is no path: write it without a mapping", a.key, v.text)
		return v, false
	}
	v.path = a.complete(d.dir, v.text)
	if v.label == "" {
		v.label = labelOf(v.text, v.rev)
	}
	if v.rev != "" {
		v.text += "@" + v.rev
	}
	return v, good
}

// entries reads include, exclude or expectations.
func (d *document) entries(p yamlfile.Pair, what string) []entry {
	keys := axisKeys()
	if what != "exclude" {
		keys = append(keys, expectKey)
	}
	items, most := d.Items(p.Value, what), maxEntries
	if what == "include" {
		most = maxCells
	}
	if len(items) > most {
		d.Fail(p.At, "%s: more than %d entries", what, most)
		return nil
	}
	var out []entry
	for _, n := range items {
		e := entry{at: yamlfile.PlaceOf(n), values: map[string][]value{}}
		for _, p := range scenarioFirst(d.Pairs(n, what, keys)) {
			if p.Key == expectKey {
				e.expect, e.expectAt = d.outcome(p.Value), yamlfile.PlaceOf(p.Value)
				continue
			}
			e.values[p.Key] = d.values(axisOf(p.Key), p.Value, what != "include")
		}
		if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
			d.Fail(e.at, "%s: an entry names no axis", what)
		}
		if what == "expectations" && n.Kind == yaml.MappingNode && e.expectAt == (yamlfile.Place{}) && len(n.Content) > 0 {
			d.Fail(e.at, "expectations: an entry without expect")
		}
		out = append(out, e)
	}
	return out
}

// outcome reads what a cell has to come to.
func (d *document) outcome(n *yaml.Node) Outcome {
	if at := yamlfile.Follow(n); at.Kind == yaml.ScalarNode && at.Value == trial.EarlierHit {
		d.notes = append(d.notes, yamlfile.Problem{
			File: d.File, Line: at.Line, Column: at.Column, Text: fmt.Sprintf("%s: %s is the old name of %s; write %s", expectKey, at.Value, Hit, Hit),
		}.Error())
		return Hit
	}
	word, _ := d.Word(n, expectKey, outcomeWords())
	return Outcome(word)
}

// outcomeWords lists all outcomes, each once.
func outcomeWords() []string {
	var all []Outcome
	var words []string
	for _, c := range []Cell{{Command: Compare}, {Command: Run}, {Spec: trial.Spec{VirtualFix: theDefault}}, {Spec: trial.Spec{Weaken: theDefault}}} {
		all = append(all, c.outcomes()...)
	}
	for _, o := range all {
		if !slices.Contains(words, string(o)) {
			words = append(words, string(o))
		}
	}
	return words
}
