// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// violations checks value against the few words of JSON Schema that
// docs/result.schema.json uses. Members that the schema does not name are
// violations too, so that the schema stays complete.
func violations(path string, schema map[string]any, value any) []string {
	var out []string
	if types := typesOf(schema["type"]); !slices.ContainsFunc(types, func(t string) bool { return isType(t, value) }) {
		return []string{fmt.Sprintf("%s is no %v: %v", path, types, value)}
	}
	if c, ok := schema["const"]; ok && c != value {
		out = append(out, fmt.Sprintf("%s is %v, not %v", path, value, c))
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		out = append(out, fmt.Sprintf("%s is %v, not in %v", path, value, enum))
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			out = append(out, violations(fmt.Sprintf("%s[%d]", path, i), schema["items"].(map[string]any), item)...)
		}
	case map[string]any:
		out = append(out, members(path, schema, v)...)
	}
	return out
}

func members(path string, schema, value map[string]any) []string {
	var out []string
	properties, closed := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, r := range required {
		if _, ok := value[r.(string)]; !ok {
			out = append(out, path+" lacks "+r.(string))
		}
	}
	for name, member := range value {
		sub, known := properties[name].(map[string]any)
		if extra, ok := schema["additionalProperties"].(map[string]any); !known && ok {
			sub, known = extra, true
		}
		switch {
		case known:
			out = append(out, violations(path+"."+name, sub, member)...)
		case closed:
			out = append(out, path+"."+name+" is not in the schema")
		}
	}
	return out
}

func typesOf(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var out []string
	for _, s := range v.([]any) {
		out = append(out, s.(string))
	}
	return out
}

func isType(name string, value any) bool {
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
	default:
		return name == "object"
	}
}

func check(t *testing.T, r trial.Result, spoil func(map[string]any)) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/result.schema.json")
	require.NoError(t, err)
	var schema, doc map[string]any
	require.NoError(t, json.Unmarshal(text, &schema))
	var out bytes.Buffer
	require.NoError(t, result.JSON(&out, r))
	dec := json.NewDecoder(&out)
	require.NoError(t, dec.Decode(&doc))
	assert.False(t, dec.More(), "more than one object")
	if spoil != nil {
		spoil(doc)
	}
	return violations("result", schema, doc)
}

func TestResultsMatchTheSchema(t *testing.T) {
	failed := reporttest.Sample()
	failed.Failure = &trial.Failure{Whose: "kernel", Message: "x"}
	failed.Judgement = trial.Judgement{}
	failed.Observations = failed.Observations[:1]
	failed.Observations[0].Tallies, failed.Observations[0].Outcome = nil, trial.OutcomeTimeout
	for name, r := range map[string]trial.Result{
		"compare": reporttest.Sample(), "failed": failed, "replay": replaySample(),
		"nothing done": {Command: "run"},
	} {
		assert.Empty(t, check(t, r, nil), name)
	}
}

func TestTheSchemaCheckFindsViolations(t *testing.T) {
	for name, spoil := range map[string]func(map[string]any){
		"missing":   func(d map[string]any) { delete(d, "verdict") },
		"enum":      func(d map[string]any) { d["verdict"] = "good" },
		"type":      func(d map[string]any) { d["arms"] = nil },
		"inside":    func(d map[string]any) { delete(d["arms"].([]any)[0].(map[string]any), "seed") },
		"unknown":   func(d map[string]any) { d["extra"] = 1.0 },
		"no number": func(d map[string]any) { d["timings"].(map[string]any)["boot"] = "x" },
	} {
		assert.NotEmpty(t, check(t, reporttest.Sample(), spoil), name)
	}
}
