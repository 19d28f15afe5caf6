// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"kcovrig/rig/yamlfile"
)

// mapping has members with names of their own.
type mapping struct {
	members []member
	// one are members of which there must be exactly one.
	one []string
	// ties are what members ask of others.
	ties []tie
}

// tie is what a member asks of those beside it.
type tie struct {
	when  string
	needs []string
	not   []string
	why   string // for people: of needs and of not
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
	var one, ties []object
	for _, key := range m.one {
		one = append(one, object{"required": []string{key}})
	}
	if one != nil {
		out["oneOf"] = one
	}
	for _, t := range m.ties {
		then, none := object{}, object{}
		for _, key := range t.not {
			none[key] = false
		}
		if t.not != nil {
			then["properties"] = none
		}
		if t.needs != nil {
			then["required"] = t.needs
		}
		ties = append(ties, object{"if": object{"required": []string{t.when}}, "then": then})
	}
	if ties != nil {
		out["allOf"] = ties
	}
	return out
}

func (m mapping) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	var keys []string
	for _, p := range m.members {
		keys = append(keys, p.key)
	}
	given := map[string]yamlfile.Place{}
	for _, p := range r.Pairs(n, what, keys) {
		given[p.Key] = p.At
		m.members[slices.Index(keys, p.Key)].shape.check(r, p.Value, below(what, p.Key))
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, p := range m.members {
		if _, ok := given[p.key]; p.needed && !ok {
			r.Fail(yamlfile.PlaceOf(n), "%s: no %s, %s", what, p.key, p.about)
		}
	}
	if len(n.Content) == 0 {
		r.Fail(yamlfile.PlaceOf(n), "%s: it is empty", what)
		return
	}
	m.checkOne(r, n, what, given)
	for _, t := range m.ties {
		t.check(r, what, given)
	}
}

// below is what a member of a mapping is called.
func below(what, key string) string { return strings.TrimPrefix(what+"."+key, whole+".") }

// checkOne wants exactly one of some members: of several, those behind the first are wrong.
func (m mapping) checkOne(r *yamlfile.Reader, n *yaml.Node, what string, given map[string]yamlfile.Place) {
	if m.one == nil {
		return
	}
	var have []string
	for i := 0; i < len(n.Content); i += 2 { // in the file's order
		if key := n.Content[i].Value; slices.Contains(m.one, key) && !slices.Contains(have, key) {
			have = append(have, key)
		}
	}
	wanted := "want exactly one of " + strings.Join(m.one, ", ")
	switch len(have) {
	case 0:
		r.Fail(yamlfile.PlaceOf(n), "%s: %s", what, wanted)
	case 1:
	default:
		r.Fail(given[have[1]], "%s: %s, not %s", what, wanted, strings.Join(have, " and "))
	}
}

func (t tie) check(r *yamlfile.Reader, what string, given map[string]yamlfile.Place) {
	at, ok := given[t.when]
	if !ok {
		return
	}
	for _, key := range t.needs {
		if _, ok := given[key]; !ok {
			r.Fail(at, "%s: it needs %s too: %s", below(what, t.when), key, t.why)
		}
	}
	for _, key := range t.not {
		if at, ok := given[key]; ok {
			r.Fail(at, "%s: it does not go with %s: %s", below(what, key), t.when, t.why)
		}
	}
}

// named is values by names that the file chooses among some.
type named struct {
	names words
	of    shape
}

func (m named) kind() yaml.Kind { return yaml.MappingNode }
func (m named) schema() object {
	return object{"type": "object", "minProperties": 1, "propertyNames": m.names.schema(), "additionalProperties": m.of.schema()}
}

func (m named) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	pairs := r.Pairs(n, what, m.names)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.Fail(yamlfile.PlaceOf(n), "%s: want one or more of %s", what, strings.Join(m.names, ", "))
	}
	for _, p := range pairs {
		m.of.check(r, p.Value, fmt.Sprintf("%s.%s", what, p.Key))
	}
}
