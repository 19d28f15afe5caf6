// SPDX-License-Identifier: Apache-2.0

package yamlfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pair is one entry of a mapping. Its value is no alias.
type Pair struct {
	Key   string
	At    Place
	Value *yaml.Node
}

// Follow resolves an alias. The shape that is wanted bounds the depth, so that
// a cycle ends at a node of the wrong kind.
func Follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// Pairs reads a mapping whose keys must be known, each given once; where known is
// nil, any word is a key.
func (r *Reader) Pairs(n *yaml.Node, what string, known []string) []Pair {
	n = Follow(n)
	if n.Kind != yaml.MappingNode {
		r.Fail(PlaceOf(n), "%s: want a mapping (key: value), not %s", what, KindOf(n))
		return nil
	}
	var out []Pair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		switch {
		case key.Tag == "!!merge":
			r.Fail(PlaceOf(key), "%s: << is not read: write the members themselves", what)
		case key.Kind != yaml.ScalarNode || key.Tag != "!!str":
			r.Fail(PlaceOf(key), "%s: a key is a word", what)
		case seen[key.Value]:
			r.Fail(PlaceOf(key), "%s: %s is given twice", what, printable(key.Value))
		case known != nil && !slices.Contains(known, key.Value):
			r.FailWord(PlaceOf(key), "key", key.Value, known)
		default:
			out = append(out, Pair{key.Value, PlaceOf(key), Follow(v)})
		}
		seen[key.Value] = true
	}
	return out
}

// Items reads a sequence that is not empty.
func (r *Reader) Items(n *yaml.Node, what string) []*yaml.Node {
	n = Follow(n)
	if n.Kind != yaml.SequenceNode {
		hint := ""
		switch {
		case n.Kind == yaml.MappingNode:
			hint = "; put it in [ ], also where it is the only one"
		case n.Tag != "!!null" && len(n.Value) <= maxShown && !strings.ContainsAny(n.Value, "\n[]{}"):
			hint = fmt.Sprintf("; did you mean [%s]?", printable(n.Value))
		}
		r.Fail(PlaceOf(n), "%s: want a list, not %s%s", what, KindOf(n), hint)
		return nil
	}
	if len(n.Content) == 0 {
		r.Fail(PlaceOf(n), "%s: the list is empty", what)
	}
	var out []*yaml.Node
	for _, item := range n.Content {
		out = append(out, Follow(item))
	}
	return out
}

// Text reads a string that is not empty.
func (r *Reader) Text(n *yaml.Node, what string) (string, bool) {
	n = Follow(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.TrimSpace(n.Value) != "":
		return n.Value, true
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		r.Fail(PlaceOf(n), "%s: it is empty", what)
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		r.Fail(PlaceOf(n), "%s: want a text, not %s; did you mean %s, in quotes?", what, KindOf(n), quoted(n.Value))
	default:
		r.Fail(PlaceOf(n), "%s: want a text, not %s", what, KindOf(n))
	}
	return "", false
}

// Word reads one of some words.
func (r *Reader) Word(n *yaml.Node, what string, have []string) (string, bool) {
	text, ok := r.Text(n, what)
	if ok && !slices.Contains(have, text) {
		r.FailWord(PlaceOf(Follow(n)), what, text, have)
		return "", false
	}
	return text, ok
}

// KindOf names what a node is, for people.
func KindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!str":
		return "a text"
	case "!!timestamp":
		return "a date"
	}
	return "a value of the kind " + quoted(n.Tag)
}

// Shown is a node in a message.
func Shown(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return quoted(n.Value)
	}
	return KindOf(n)
}

// maxShown is how much of a text a message repeats.
const maxShown = 80

// quoted is a text for a message: its beginning, with nothing that a terminal would obey.
func quoted(text string) string {
	if runes := []rune(text[:min(len(text), 8*maxShown)]); len(runes) > maxShown {
		return strconv.Quote(string(runes[:maxShown])) + "..."
	}
	return strconv.Quote(text)
}

// printable is a text as it is, or quoted where it is long, or something of it cannot be printed.
func printable(text string) string {
	if q := quoted(text); q != `"`+text+`"` {
		return q
	}
	return text
}
