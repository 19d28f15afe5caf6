// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// matchesSchema holds a document of the finished command against the published
// schema, as far as the words of JSON Schema that it uses go.
func matchesSchema(t *testing.T, doc map[string]any) {
	t.Helper()
	text, err := os.ReadFile("../../docs/result.schema.json")
	require.NoError(t, err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(text, &schema))
	require.Empty(t, breaches("result", schema, doc))
}

func breaches(path string, schema map[string]any, value any) []string {
	types, ok := schema["type"].([]any)
	if !ok {
		types = []any{schema["type"]}
	}
	if !slices.ContainsFunc(types, func(name any) bool { return hasType(name.(string), value) }) {
		return []string{fmt.Sprintf("%s is no %v: %v", path, types, value)}
	}
	var out []string
	if c, ok := schema["const"]; ok && c != value {
		out = append(out, fmt.Sprintf("%s is %v, not %v", path, value, c))
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		out = append(out, fmt.Sprintf("%s is %v, not one of %v", path, value, enum))
	}
	if items, ok := schema["items"].(map[string]any); ok {
		for i, item := range value.([]any) {
			out = append(out, breaches(fmt.Sprintf("%s[%d]", path, i), items, item)...)
		}
	}
	object, _ := value.(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := object[name.(string)]; !ok {
			out = append(out, fmt.Sprintf("%s lacks %v", path, name))
		}
	}
	properties, closed := schema["properties"].(map[string]any)
	for name, member := range object {
		if sub, ok := properties[name].(map[string]any); ok {
			out = append(out, breaches(path+"."+name, sub, member)...)
		} else if closed {
			out = append(out, path+"."+name+" is not documented")
		}
	}
	return out
}

func hasType(name string, value any) bool {
	switch v := value.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array"
	}
	return name == "object"
}
