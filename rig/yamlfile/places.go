// SPDX-License-Identifier: Apache-2.0

package yamlfile

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Places are where the values of a YAML file stand, by their ways from the top, such
// as fix[0].patches[1]; none of a text that is no YAML, or too long. What an alias stands for has the
// alias' own place, and nothing below it.
func Places(text []byte) map[string]Place {
	var doc yaml.Node
	all := map[string]Place{}
	if len(text) <= MaxBytes && yaml.Unmarshal(text, &doc) == nil && len(doc.Content) > 0 {
		places(all, "", doc.Content[0])
	}
	return all
}

// PlaceIn is where the value of a way stands: in places, or where these have it not, the
// nearest above it that they have. Of none it is the zero value.
func PlaceIn(places map[string]Place, way string) Place {
	at, ok := places[way]
	for !ok && way != "" {
		way = way[:max(strings.LastIndexAny(way, ".["), 0)]
		at, ok = places[way]
	}
	if way == "" {
		return Place{}
	}
	return at
}

func places(all map[string]Place, way string, n *yaml.Node) {
	all[way] = PlaceOf(n)
	switch n.Kind {
	case yaml.SequenceNode:
		for i, item := range n.Content {
			places(all, way+"["+strconv.Itoa(i)+"]", item)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			below := n.Content[i].Value
			if way != "" {
				below = way + "." + below
			}
			places(all, below, n.Content[i+1])
		}
	}
}
