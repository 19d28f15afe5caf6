// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const fixText = `{"schema": "kcovrig.result/2", "verdict": "fixed", "kernel": {"version": "6.12.117", "compiler": "gcc"}, "qemu": {"version": "11.1.3"},
 "words": {"hits": "stale events", "windows": "events"}, "arms": [
 {"patched": false, "outcome": "ok", "windows": 1000, "hitWindows": 30, "firstHitNS": 2000000000, "stressNS": 5000000000},
 {"patched": false, "outcome": "ok", "windows": 1000, "hitWindows": 10, "firstHitNS": 100000000, "stressNS": 6000000000},
 {"patched": true, "outcome": "ok", "windows": 3000, "hitWindows": 0, "firstHitNS": 0, "stressNS": 6000000000}]}`

const wrongText = `{"schema": "kcovrig.result/2", "verdict": "not-fixed", "arms": [{"patched": false, "outcome": "ok", "windows": 9, "hitWindows": 1},
 {"patched": true, "outcome": "ok", "windows": 8, "hitWindows": 2}]}`

const nativeText = `{"schema": "kcovrig.result/2", "verdict": "", "arms": [{"patched": false, "outcome": "timeout", "windows": 70, "hitWindows": 0}]}`

func written(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(text), ModTime: time.Date(2026, 11, 29, 23, 0, 0, 0, time.UTC)}
}

func TestPage(t *testing.T) {
	entries, err := Load(fstest.MapFS{
		"b/fix.json": written(fixText), "b/native.json": written(nativeText), "b/wrong-load-barrier.json": written(wrongText),
		"a/fix.json": written(wrongText),
	}, fstest.MapFS{"b/README.md": written("# b\n\nOZZ: found (new bug 11).\n"), "a/README.md": written("# a\n\nOZZ (SOSP 2024) has\nother bugs.\n")})
	require.NoError(t, err)
	page := Page(entries)
	assert.Contains(t, page, "| [b](../scenarios/b/README.md) | 6.12.117 | 40 of 2000 events | 2 % | 0.1 s | 0 of 3000 | fixed | 6 s | 2026-11-29 | found (new bug 11) |\n", "modes are added up, and the first hit is the earliest")
	assert.Contains(t, page, "| b | load-barrier | 1 of 9 | 2 of 8 | not-fixed | 0 of 70, not ended |\n")
	assert.Contains(t, page, "| 2026-11-29 | - |\n", "a bug of which OZZ's authors say nothing")
	assert.Contains(t, page, "| a | - | - | - | - | did not run |\n", "what was not run is said")
}

func TestWhatMustNotShowIsSaidToBeExpected(t *testing.T) {
	of := func(verdict string) string {
		entries, err := Load(fstest.MapFS{"a/fix.json": written(strings.Replace(wrongText, "not-fixed", verdict, 1)), "b/fix.json": written(wrongText)},
			fstest.MapFS{"a/README.md": written(""), "b/README.md": written("")})
		require.NoError(t, err)
		return Page(entries)
	}
	assert.Contains(t, of("no-effect-possible"), "\nExpected not to show: [a](../scenarios/a/README.md). The kernel's memory model allows the bug")
	assert.NotContains(t, of("fixed"), "Expected not to show")
}

func TestWhatIsNoResult(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"nothing":        {},
		"no JSON":        {"a/fix.json": written("verdict: fixed"), "a/native.json": written(nativeText)},
		"another schema": {"a/fix.json": written(`{"schema": "kcovrig.matrix/1"}`), "a/native.json": written(nativeText)},
		"nothing ran":    {"a/fix.json": written(`{"schema": "kcovrig.result/2", "arms": []}`)},
	} {
		_, err := Load(files, fstest.MapFS{"a/README.md": written("")})
		assert.Error(t, err, name)
	}
	_, err := Load(fstest.MapFS{"a/fix.json": written(fixText)}, fstest.MapFS{})
	assert.ErrorIs(t, err, fs.ErrNotExist, "a scenario without a page")
}

// What the pages say of OZZ is one line each, or none.
func TestPagesOfScenarios(t *testing.T) {
	pages, err := fs.Glob(os.DirFS("../../scenarios"), "*/README.md")
	require.NoError(t, err)
	said := map[string]string{}
	for _, page := range pages {
		answer, err := answerOfOZZ(os.DirFS("../../scenarios"), path.Dir(page))
		require.NoError(t, err)
		if answer != "-" {
			said[path.Dir(page)] = answer
		}
	}
	assert.Equal(t, "found (new bugs 5 and 9)", said["tls"])
	assert.Equal(t, "reproduced (known bug 2)", said["watch_queue"])
	assert.Equal(t, "found (new bug 2)", said["watch_queue_size"])
	assert.NotContains(t, said, "hidraw")
}
