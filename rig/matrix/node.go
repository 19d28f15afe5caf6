// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pair is one entry of a mapping.
type pair struct {
	key   string
	at    place
	value *yaml.Node
}

// follow resolves an alias. The shape that is wanted bounds the depth, so that
// a cycle ends at a node of the wrong kind.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// pairs reads a mapping whose keys must be known, each given once.
func (r *reader) pairs(n *yaml.Node, what string, known []string) []pair {
	n = follow(n)
	if n.Kind != yaml.MappingNode {
		r.fail(placeOf(n), "%s: want a mapping (key: value), not %s", what, kindOf(n))
		return nil
	}
	var out []pair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag != "!!str":
			r.fail(placeOf(key), "%s: a key is a word", what)
		case seen[key.Value]:
			r.fail(placeOf(key), "%s: %s is given twice", what, key.Value)
		case !slices.Contains(known, key.Value):
			r.failWord(placeOf(key), "key", key.Value, known)
		default:
			out = append(out, pair{key.Value, placeOf(key), follow(v)})
		}
		seen[key.Value] = true
	}
	return out
}

// items reads a sequence that is not empty.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	n = follow(n)
	if n.Kind != yaml.SequenceNode {
		r.fail(placeOf(n), "%s: want a list, not %s", what, kindOf(n))
		return nil
	}
	if len(n.Content) == 0 {
		r.fail(placeOf(n), "%s: the list is empty", what)
	}
	var out []*yaml.Node
	for _, item := range n.Content {
		out = append(out, follow(item))
	}
	return out
}

// text reads a string that is not empty.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	n = follow(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.TrimSpace(n.Value) != "":
		return n.Value, true
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		r.fail(placeOf(n), "%s: it is empty", what)
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		r.fail(placeOf(n), "%s: want a text, not %s; did you mean %q, in quotes?", what, kindOf(n), n.Value)
	default:
		r.fail(placeOf(n), "%s: want a text, not %s", what, kindOf(n))
	}
	return "", false
}

// word reads one of some words.
func (r *reader) word(n *yaml.Node, what string, have []string) (string, bool) {
	text, ok := r.text(n, what)
	if ok && !slices.Contains(have, text) {
		r.failWord(placeOf(follow(n)), what, text, have)
		return "", false
	}
	return text, ok
}

// kindOf names what a node is, for people.
func kindOf(n *yaml.Node) string {
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
	}
	return "a value of the kind " + n.Tag
}
