// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"kcovrig/rig/yamlfile"
)

type object = map[string]any

// shape is what a value of the file looks like. It is both what the parser asks and
// what the schema says, so that the two do not part.
type shape interface {
	check(r *yamlfile.Reader, n *yaml.Node, what string)
	schema() object
	kind() yaml.Kind
}

// member is one key of a mapping.
type member struct {
	key    string
	about  string
	needed bool
	// notYet says that the rest of the rig would not obey it: it is refused.
	notYet bool
	shape  shape
}

// notYet is what is said of what is part of the format, but would not be obeyed.
func notYet(r *yamlfile.Reader, at yamlfile.Place, what string) {
	r.Fail(at, "%s: not supported yet by this version of kcovrig", what)
}

// text is a string of a form, for people in words.
type text struct {
	form, words string
	most        int
	wrong       func(string) error // what no form can say; nil: nothing
}

func (t text) kind() yaml.Kind { return yaml.ScalarNode }

func (t text) schema() object {
	return object{"type": "string", "pattern": t.form, "maxLength": t.most}
}

// patterns are the forms compiled, each once.
var patterns sync.Map

// matches says whether a text has the form.
func (t text) matches(got string) bool {
	pattern, known := patterns.Load(t.form)
	if !known {
		pattern, _ = patterns.LoadOrStore(t.form, regexp.MustCompile(t.form))
	}
	return pattern.(*regexp.Regexp).MatchString(got)
}

func (t text) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	got, ok := r.Text(n, what)
	switch {
	case !ok:
	case utf8.RuneCountInString(got) > t.most:
		r.Fail(yamlfile.PlaceOf(n), "%s: it has more than %d characters", what, t.most)
	case !t.matches(got):
		r.Fail(yamlfile.PlaceOf(n), "%s: want %s, not %s", what, t.words, yamlfile.Shown(n))
	case t.wrong != nil:
		if err := t.wrong(got); err != nil {
			r.Fail(yamlfile.PlaceOf(n), "%s: %v", what, err)
		}
	}
}

// words is one of some words. Those that are not obeyed yet are refused.
type words struct{ have, obeyed []string }

func (w words) kind() yaml.Kind { return yaml.ScalarNode }
func (w words) schema() object  { return object{"enum": w.have} }

func (w words) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	if got, ok := r.Word(n, what, w.have); ok && !slices.Contains(w.obeyed, got) {
		notYet(r, yamlfile.PlaceOf(n), what+": "+got)
	}
}

// integer is a whole number.
type integer struct{ least, most int }

func (i integer) kind() yaml.Kind { return yaml.ScalarNode }
func (i integer) schema() object {
	return object{"type": "integer", "minimum": i.least, "maximum": i.most}
}

func (i integer) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	var got int
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Decode(&got) != nil || got < i.least || got > i.most {
		r.Fail(yamlfile.PlaceOf(n), "%s: want a whole number from %d to %d, not %s", what, i.least, i.most, yamlfile.Shown(n))
	}
}

// truth is true or false.
type truth struct{}

func (truth) kind() yaml.Kind { return yaml.ScalarNode }
func (truth) schema() object  { return object{"type": "boolean"} }

func (truth) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		r.Fail(yamlfile.PlaceOf(n), "%s: want true or false, not %s", what, yamlfile.Shown(n))
	}
}

// list is of one or more values, each once.
type list struct {
	of   shape
	most int
}

func (l list) kind() yaml.Kind { return yaml.SequenceNode }
func (l list) schema() object {
	return object{"type": "array", "minItems": 1, "maxItems": l.most, "uniqueItems": true, "items": l.of.schema()}
}

func (l list) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	seen := map[string]bool{}
	for _, item := range l.items(r, n, what) {
		if item.Kind == yaml.ScalarNode && seen[item.Value] {
			r.Fail(yamlfile.PlaceOf(item), "%s: %s is given twice", what, item.Value)
		}
		seen[item.Value] = item.Kind == yaml.ScalarNode
	}
}

// items checks each entry by itself.
func (l list) items(r *yamlfile.Reader, n *yaml.Node, what string) []*yaml.Node {
	items := r.Items(n, what)
	if len(items) > l.most {
		r.Fail(yamlfile.PlaceOf(n), "%s: it has more than %d entries", what, l.most)
		return nil
	}
	for _, item := range items {
		l.of.check(r, item, what)
	}
	return items
}

// row is a list in which entries may be equal, such as arguments.
type row struct{ list }

func (l row) schema() object {
	s := l.list.schema()
	delete(s, "uniqueItems")
	return s
}

func (l row) check(r *yamlfile.Reader, n *yaml.Node, what string) { l.items(r, n, what) }

// either is one of several shapes, told apart by the kind of node.
type either []shape

func (e either) kind() yaml.Kind { return 0 }

func (e either) schema() object {
	var any []object
	for _, s := range e {
		any = append(any, s.schema())
	}
	return object{"anyOf": any}
}

func (e either) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	for _, s := range e {
		if s.kind() == n.Kind {
			s.check(r, n, what)
			return
		}
	}
	e[0].check(r, n, what)
}

// mapping has members with names of their own.
type mapping struct {
	members []member
	// one are members of which there must be exactly one.
	one []string
}

func (m mapping) kind() yaml.Kind { return yaml.MappingNode }

func (m mapping) schema() object {
	properties, needed := object{}, []string{}
	for _, p := range m.members {
		s := p.shape.schema()
		s["description"] = p.about
		properties[p.key] = s
		if p.needed {
			needed = append(needed, p.key)
		}
	}
	out := object{"type": "object", "additionalProperties": false, "minProperties": 1, "properties": properties, "required": needed}
	var one []object
	for _, key := range m.one {
		one = append(one, object{"required": []string{key}})
	}
	if one != nil {
		out["oneOf"] = one
	}
	return out
}

func (m mapping) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	var keys []string
	for _, p := range m.members {
		keys = append(keys, p.key)
	}
	given := map[string]bool{}
	for _, p := range r.Pairs(n, what, keys) {
		of := m.members[slices.Index(keys, p.Key)]
		name := strings.TrimPrefix(what+"."+p.Key, whole+".")
		given[p.Key] = true
		of.shape.check(r, p.Value, name)
		if of.notYet {
			notYet(r, p.At, name)
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, p := range m.members {
		if p.needed && !given[p.key] {
			r.Fail(yamlfile.PlaceOf(n), "%s: no %s, %s", what, p.key, p.about)
		}
	}
	count := 0
	for _, key := range m.one {
		count += map[bool]int{true: 1}[given[key]]
	}
	switch {
	case m.one != nil && count != 1:
		r.Fail(yamlfile.PlaceOf(n), "%s: want exactly one of %s", what, strings.Join(m.one, ", "))
	case len(n.Content) == 0:
		r.Fail(yamlfile.PlaceOf(n), "%s: it is empty", what)
	}
}

// named is values by names that the file chooses.
type named struct {
	names shape
	of    shape
	most  int
}

func (m named) kind() yaml.Kind { return yaml.MappingNode }
func (m named) schema() object {
	return object{"type": "object", "minProperties": 1, "maxProperties": m.most, "propertyNames": m.names.schema(), "additionalProperties": m.of.schema()}
}

func (m named) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	pairs := r.Pairs(n, what, nil)
	if n.Kind == yaml.MappingNode && (len(n.Content) == 0 || len(pairs) > m.most) {
		r.Fail(yamlfile.PlaceOf(n), "%s: want 1 to %d names", what, m.most)
		return
	}
	for _, p := range pairs {
		m.names.check(r, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: p.Key, Line: p.At.Line, Column: p.At.Column}, what)
		m.of.check(r, p.Value, fmt.Sprintf("%s.%s", what, p.Key))
	}
}
