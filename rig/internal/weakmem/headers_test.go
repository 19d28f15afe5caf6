// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var (
	declared   = regexp.MustCompile(`(?m)^(?:[a-z_][\w *]*?[ *])(\w+)\([^;{}]*\)\s*;`)
	defined    = regexp.MustCompile(`(?m)^(?:[A-Za-z_][\w *]*?[ *])(\w+)\([^;{}]*\)\s*\{`)
	external   = regexp.MustCompile(`(?m)^extern ([^;(]*?)(\w+)(?:\[[^\]]*\])?;`)
	identifier = regexp.MustCompile(`\w+`)
)

func namesOf(pattern *regexp.Regexp, text string) []string {
	var out []string
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		out = append(out, m[len(m)-1])
	}
	return out
}

// families are headers for files of other names: isa.h is what a64.h and a64_*.c answer.
var families = map[string]string{"isa.h": "a64", "a64.h": "a64_"}

// Each file but main.c has a header of its name, which declares what it defines and
// nothing else. qemu_api.h declares what QEMU defines.
func TestHeadersAreTheirFiles(t *testing.T) {
	code := codeOf(t)
	declarations := 0
	for _, name := range slices.Sorted(maps.Keys(code)) {
		stem, ext := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
		if ext == ".c" && name != "main.c" && !strings.HasPrefix(name, "a64_") {
			assert.NotEmpty(t, code[stem+".h"], "plugin/%s has no header", name)
		}
		if ext != ".h" || name == "qemu_api.h" {
			continue
		}
		prefix, family := families[name]
		for _, function := range namesOf(declared, code[name]) {
			declarations++
			found := false
			for other, text := range code {
				mine := other == stem+".c" || family && strings.HasPrefix(other, prefix)
				found = found || mine && slices.Contains(namesOf(defined, text), function)
			}
			assert.True(t, found, "plugin/%s declares %s, which its file does not define", name, function)
		}
	}
	assert.Greater(t, declarations, 100)
}

// What can be written from everywhere has one owner, whose header alone names it for
// the others.
func TestWritableDataHasAnOwner(t *testing.T) {
	code := codeOf(t)
	owned := 0
	for name, text := range code {
		for _, m := range external.FindAllStringSubmatch(text, -1) {
			if strings.HasSuffix(strings.TrimSpace(m[1]), "const") {
				continue // may be read from everywhere
			}
			owned++
			for other, uses := range code {
				if other != name && other != strings.TrimSuffix(name, ".h")+".c" {
					used := slices.Contains(namesOf(identifier, uses), m[2])
					assert.False(t, used, "plugin/%s: %s is %s's", other, m[2], name)
				}
			}
		}
	}
	assert.NotZero(t, owned)
}

// The files call one another in one direction.
func TestFilesMakeNoCircles(t *testing.T) {
	code := codeOf(t)
	home := map[string]string{} // of each function that is not static
	for name, text := range code {
		for _, function := range namesOf(defined, text) {
			if stem := strings.TrimSuffix(name, ".h"); stem != name && code[stem+".c"] != "" {
				home[function] = stem + ".c" // inline
			} else if filepath.Ext(name) == ".c" && !regexp.MustCompile(`(?m)^static[^;{]*\b`+function+`\(`).MatchString(text) {
				home[function] = name
			}
		}
	}
	calls := map[string]map[string]string{}
	for name, text := range code {
		if filepath.Ext(name) != ".c" {
			continue
		}
		calls[name] = map[string]string{}
		for _, word := range namesOf(identifier, text) {
			if to := home[word]; to != "" && to != name {
				calls[name][to] = word
			}
		}
	}
	const open, closed = 1, 2
	state := map[string]int{}
	var visit func(name string, way []string)
	visit = func(name string, way []string) {
		if state[name] == open {
			t.Errorf("a circle: %s", strings.Join(append(way[slices.Index(way, name):], name), " -> "))
		}
		if state[name] != 0 {
			return
		}
		state[name] = open
		for _, to := range slices.Sorted(maps.Keys(calls[name])) {
			visit(to, append(slices.Clone(way), name))
		}
		state[name] = closed
	}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		visit(name, nil)
	}
	assert.Greater(t, len(home), 100)
}
