// SPDX-License-Identifier: Apache-2.0

package scenario

import "encoding/json"

// FileSchema is the JSON schema of scenario files, for editors: what Parse accepts, as far
// as a schema can say. docs/scenario.schema.json is its copy.
func FileSchema() ([]byte, error) {
	s := root().schema()
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "kcovrig scenario"
	s["allOf"] = append(s["allOf"].([]object), acrossSchema()...)
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

// acrossSchema is what across checks, but for what compares values.
func acrossSchema() []object {
	with := func(key string, s object) object {
		return object{"type": "object", "required": []string{key}, "properties": object{key: s}}
	}
	without := func(keys ...string) object {
		out := object{}
		for _, key := range keys {
			out[key] = false
		}
		return object{"properties": out}
	}
	has := func(key string) object { return object{"type": "object", "required": []string{key}} }
	any := func(of ...object) object { return object{"anyOf": of} }
	no := func(s object) object { return object{"not": s} }

	builtin := with("workload", has("builtin"))
	detects := func(s object) object { return with("detect", object{"type": "array", "contains": s}) }
	plain := object{"type": "string"}
	ends := any(
		detects(any(object{"const": "panic"}, has("panic"), with("after", object{"const": reboot}))),
		object{"allOf": []object{
			with("after", object{"const": reboot}),
			any(no(has("detect")), detects(any(plain, object{"type": "object", "properties": object{"after": false}}))),
		}},
	)
	hangs := detects(any(object{"const": "hang"}, has("hang")))
	return []object{
		{"if": builtin, "then": object{
			"required":   []string{"order"},
			"properties": object{"detect": object{"const": []string{"told"}}, "after": object{"const": goesOn}},
		}, "else": without("order")},
		{"if": with("workload", has("boot")), "then": ends},
		{"if": ends, "then": object{"properties": object{"workload": object{"properties": object{"modes": object{"maxItems": 1}}}}}},
		{"if": with("workload", with("window", object{"type": "object"})), "then": no(hangs)},
	}
}
