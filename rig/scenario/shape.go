// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"encoding/json"
	"regexp"
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
	shape  shape
}

// text is a string of a form, for people in words.
type text struct {
	form, words string
	most        int
	wrong       func(string) error  // what no form can say; nil: nothing
	meant       func(string) string // what to write for a value that does not have the form; nil, or empty: nobody knows
}

func (t text) kind() yaml.Kind { return yaml.ScalarNode }

func (t text) schema() object {
	return object{"type": "string", "pattern": t.form, "maxLength": t.most}
}

// patterns are the forms compiled, each once.
var patterns sync.Map

// matches says whether a text has the form.
func (t text) matches(got string) bool { return has(t.form, got) }

// has says whether a text has a form.
func has(form, got string) bool {
	pattern, known := patterns.Load(form)
	if !known {
		pattern, _ = patterns.LoadOrStore(form, regexp.MustCompile(form))
	}
	return pattern.(*regexp.Regexp).MatchString(got)
}

// hint is what was probably meant by a value of another form, behind a message.
func (t text) hint(n *yaml.Node) string {
	if t.meant == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	if words := t.meant(n.Value); words != "" {
		return "; " + words
	}
	return ""
}

func (t text) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	at, hint := yamlfile.PlaceOf(n), t.hint(n)
	isText := n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.TrimSpace(n.Value) != ""
	switch {
	case !isText && hint == "":
		r.Text(n, what)
	case !isText || !t.matches(n.Value):
		r.Fail(at, "%s: want %s, not %s%s", what, t.words, yamlfile.Shown(n), hint)
	case utf8.RuneCountInString(n.Value) > t.most:
		r.Fail(at, "%s: it has more than %d characters", what, t.most)
	case t.wrong != nil:
		if err := t.wrong(n.Value); err != nil {
			r.Fail(at, "%s: %v", what, err)
		}
	}
}

// words is one of some words.
type words []string

func (w words) kind() yaml.Kind { return yaml.ScalarNode }
func (w words) schema() object  { return object{"enum": []string(w)} }

func (w words) check(r *yamlfile.Reader, n *yaml.Node, what string) { r.Word(n, what, w) }

// integer is a whole number.
type integer struct{ least, most int }

func (i integer) kind() yaml.Kind { return yaml.ScalarNode }
func (i integer) schema() object {
	return object{"type": "integer", "minimum": i.least, "maximum": i.most}
}

// decimal is how a whole number is written, so that no reader of YAML takes it for
// another, such as 010 for 8.
var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.0+)?$`)

// holds says whether a node is such a number.
func (i integer) holds(n *yaml.Node) bool {
	var got float64
	isNumber := n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") && decimal.MatchString(n.Value)
	return isNumber && n.Decode(&got) == nil && got >= float64(i.least) && got <= float64(i.most)
}

func (i integer) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	if !i.holds(n) {
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
		value := canonical(item)
		if value != "" && seen[value] {
			name := "the entry"
			if item.Kind == yaml.ScalarNode {
				name = yamlfile.Shown(item)
			}
			r.Fail(yamlfile.PlaceOf(item), "%s: %s is given twice", what, name)
		}
		seen[value] = true
	}
}

// canonical is a node's value, equal for equal ones; empty: it has none.
func canonical(n *yaml.Node) string {
	var value any
	if n.Decode(&value) != nil {
		return ""
	}
	text, err := json.Marshal(value) // its members are sorted
	if err != nil {
		return ""
	}
	return string(text)
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
