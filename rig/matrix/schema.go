// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"encoding/json"
	"fmt"
	"strings"

	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

type object = map[string]any

// FileSchema is the JSON schema of matrix files, for editors: what Parse accepts
// as far as a schema can say. It is made from the table of axes, so that the two
// do not part; docs/matrix.schema.json is its copy.
func FileSchema() ([]byte, error) {
	s, err := scenario.Load(standardScenario)
	if err != nil {
		return nil, err
	}
	definitions, single, several := object{}, object{}, object{}
	for _, a := range axes {
		one, list := "one-"+a.key, "some-"+a.key
		definitions[one] = a.schema(s)
		definitions[list] = object{
			"description": a.about + " (default: " + a.fallback + ")",
			"anyOf":       []any{reference(one), object{"type": "array", "minItems": 1, "uniqueItems": true, "items": reference(one)}},
		}
		single[a.key], several[a.key] = reference(one), reference(list)
	}
	outcome := object{"description": fmt.Sprintf("what the cell has to come to (%s: the old name of %s)", trial.EarlierHit, Hit), "enum": append(outcomeWords(), trial.EarlierHit)}
	single[expectKey] = outcome
	stated := object{expectKey: outcome}
	for key, v := range several {
		stated[key] = v
	}
	text, err := json.MarshalIndent(object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"$defs":                definitions,
		"title":                "kcovrig matrix",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []string{"version"},
		"anyOf":                []any{object{"required": []string{"axes"}}, object{"required": []string{"include"}}},
		"properties": object{
			"version":      object{"description": "of this format", "const": formatVersion},
			"name":         object{"description": "for reports (default: the file's name)", "type": "string", "pattern": notBlank},
			"scenario":     object{"description": "the ordering bug: " + strings.Join(scenario.Names(), ", ") + ", a folder with scenario.yaml, or such a file (default: " + standardScenario + ")", "type": "string", "pattern": notBlank},
			"duration":     object{"description": "time to stress each kernel, such as 10s (default: until certain, for 2m at the most)", "type": "string", "pattern": durationForm},
			"clean-share":  object{"description": "share of blocks with a hit that one kernel alone excludes before it is clean", "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": cleanShare},
			"axes":         object{"description": "every combination of these values is a cell", "type": "object", "additionalProperties": false, "properties": several},
			"include":      entries("one more cell; an axis that it does not name has its default", single, nil),
			"exclude":      entries("cells of the axes to leave out: those with one of the values of each axis named", several, nil),
			"expectations": entries("what cells have to come to; the first entry that fits decides", stated, []string{expectKey}),
		},
	}, "", "  ")
	return append(text, '\n'), err
}

func reference(name string) object { return object{"$ref": "#/$defs/" + name} }

// notBlank is a text with something in it.
const notBlank = `\S`

// schema is that of one value.
func (a axis) schema(s scenario.Scenario) object {
	text := object{"type": "string", "pattern": notBlank}
	switch {
	case a.number:
		return object{"description": a.about, "type": "integer", "minimum": 0, "maximum": maxSeed}
	case a.source:
		properties := object{"path": object{"type": "string", "pattern": notBlank, "not": object{"enum": reserved(a)}}, "name": text}
		if a.rev {
			properties["rev"] = text
		}
		return object{"description": a.about, "anyOf": []any{text, object{"type": "object", "additionalProperties": false, "required": []string{"path"}, "properties": properties}}}
	}
	if a.own { // another scenario has others
		return object{"description": a.about, "type": "string", "pattern": notBlank, "examples": a.words(s)}
	}
	if a.form != nil {
		return object{"description": a.about, "type": "string", "pattern": a.form.String()}
	}
	if a.words == nil {
		return object{"description": a.about, "type": "string", "pattern": notBlank}
	}
	return object{"description": a.about, "enum": a.words(s)}
}

func entries(about string, properties object, required []string) object {
	item := object{"type": "object", "additionalProperties": false, "minProperties": 1, "properties": properties}
	if required != nil {
		item["required"] = required
	}
	return object{"description": about, "type": "array", "minItems": 1, "items": item}
}
