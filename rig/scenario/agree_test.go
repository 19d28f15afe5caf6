// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// strange are values that are put in the place of others.
var strange = []any{
	nil, true, false, 0, 1, 2, -1, json.RawMessage("3.0"), 2.5, 255, 256, 1 << 40, "", " ", "\n", "a", "A", "a b", "a\nb", "a\tb", "\u00a0", "x\u202ey", "\u200b", "é", "日本", "\U000e0041", "\ufffd",
	"a.patch", "a/b.patch", "../a", "/a", "a/", "a//b", ".a", "a.c", "a.o", "f", "f.isra.0", "9f", "guest:f", "guest:", "told", "run", "oops", "hang", "panic", "exit", "signal", "SIGSEGV", "SIGFOO",
	"99ms", "100ms", "99999ms", "100000ms", "1s", "60s", "61s", "0s", "600s", "601s", "0100ms", "1ms", "60000ms", "60001ms", "1G", "127M", "128M", "1024M", "1025M",
	">=5.10", ">=5.10 <6.6", "6.6", "5,6", "continue", "reboot", "kcovrig", "ring", "scenario/1", "arm64", "acquire", "O=y", "KASAN_SANITIZE=n", "KASAN_SANITIZE_a-b.o=y",
	"KASAN_SANITISE_a.o=y", "A=b", "A=", "=b", "CONFIG_A=y", "\n# a\n\nCONFIG_A=\"b c\"\t\n", "CONFIG_A=y\r", "# CONFIG_A is not set", strings.Repeat("x", 41), strings.Repeat("x", 61), strings.Repeat("x", 129),
	strings.Repeat("é", 121), strings.Repeat("x", 201), strings.Repeat("x", 1001),
	[]any{}, []any{"a"}, []any{"a", "a"}, []any{1, 1}, []any{"told"}, []any{"oops"}, []any{nil}, []any{[]any{"a"}}, []any{map[string]any{"oops": "f"}, map[string]any{"oops": "f"}},
	[]any{map[string]any{"hang": "2s"}}, []any{map[string]any{"panic": "f", "after": "continue"}}, []any{map[string]any{"exit": 3, "after": "reboot"}}, []any{map[string]any{"exit": "SIGFOO"}},
	[]any{map[string]any{"oops": "f", "in": "g"}}, []any{map[string]any{"told": nil}}, []any{map[string]any{"oops": "f", "warn": "g"}},
	map[string]any{}, map[string]any{"a": 1}, map[string]any{"every": "10ms"}, map[string]any{"file": "a"}, map[string]any{"patches": []any{"a.patch"}}, map[string]any{"callers": 0},
	map[string]any{"builtin": "ring"}, map[string]any{"source": "a.c"}, map[string]any{"hit": "a", "units": "b"},
}

// unsayable is what the parser says where no schema can.
var unsayable = regexp.MustCompile(`holds no version|the same as entry|want one time for all|env: \w+ is given twice|so always in scope|line \d+ of it sets`)

// The schema accepts what the parser accepts: whatever stands in the place of any value.
func TestTheSchemaAcceptsWhatTheParserAccepts(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no interest to the race detector: go test ./rig/scenario")
	}
	withRing(t)
	text, err := FileSchema()
	require.NoError(t, err)
	schema := schemaOf(t, text)
	files, err := filepath.Glob("testdata/accept/*.yaml")
	require.NoError(t, err)
	seen, accepted, rejected := map[string]bool{}, 0, 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var whole any
		require.NoError(t, yaml.Unmarshal(text, &whole))
		variants(seen, "", whole, func() {
			text, err := json.Marshal(whole) // which is YAML
			require.NoError(t, err)
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text)) // as an editor reads it
			require.NoError(t, err)
			_, err = parse("f", text)
			says := schema.Validate(value)
			switch {
			case err == nil:
				accepted++
				assert.NoError(t, says, string(text))
			case says == nil:
				assert.Regexp(t, unsayable, err.Error(), string(text))
			default:
				rejected++
			}
		})
	}
	assert.Greater(t, accepted, 300)
	assert.Greater(t, rejected, 3000)
}

// variants calls try for each change of one value below whole, and undoes it behind. Of
// values at the same way in several files the first alone is changed.
func variants(seen map[string]bool, way string, whole any, try func()) {
	each := func(way string, old any, set func(any)) {
		if !seen[way] {
			seen[way] = true
			for _, v := range strange {
				set(v)
				try()
			}
			set(old)
		}
		variants(seen, way, old, try)
	}
	switch w := whole.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(w)) {
			old, below := w[key], way+"."+key
			if delete(w, key); !seen[below] {
				try()
			}
			w[key] = old
			each(below, old, func(v any) { w[key] = v })
		}
		for _, key := range []string{"scope", "order", "readers", "modes", "boot", "after", "in", "hang", "exit", "units", "unknown"} {
			if _, have := w[key]; !have {
				for _, v := range []any{"reboot", []any{"a", "b"}, 3} {
					w[key] = v
					try()
				}
				delete(w, key)
			}
		}
	case []any:
		for i, old := range w {
			each(way+"[]", old, func(v any) { w[i] = v })
		}
	}
}
