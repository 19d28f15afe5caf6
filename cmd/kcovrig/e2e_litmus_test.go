// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const diy = "../../rig/litmus/testdata/diy/"

// litmusFolder is a folder of some of the tests.
func litmusFolder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		text, err := os.ReadFile(diy + name + ".litmus")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".litmus"), text, 0o644))
	}
	return dir
}

func TestE2ELitmusRun(t *testing.T) {
	c := kcovrig(t, nil, "litmus", "run", litmusFolder(t, "MP", "MP+dmb.sys"), "--herd-log", diy+"herd.log", "--json").run(0)
	c.says("\nfolder  file:///", "\nnext    kcovrig litmus show /")
	var doc struct {
		Tests []struct {
			Name               string
			Outcomes           uint64
			States             map[string]uint64
			Allowed, Forbidden []string
			Unseen             []string
			Target             *bool
		}
		Summary map[string]any
	}
	c.object()
	require.NoError(t, json.Unmarshal(c.out.Bytes(), &doc))
	require.Len(t, doc.Tests, 2)
	assert.NotEmpty(t, doc.Summary)
	for _, test := range doc.Tests {
		var sum uint64
		for state, n := range test.States {
			assert.Contains(t, test.Allowed, state)
			sum += n
		}
		assert.Equal(t, test.Outcomes, sum, test.Name)
		assert.Len(t, test.Allowed, len(test.States)+len(test.Unseen))
		assert.NotNil(t, test.Forbidden)
		assert.Empty(t, test.Forbidden)
		require.NotNil(t, test.Target)
		assert.Equal(t, test.Name == "MP", *test.Target, "%s is relaxed", test.Name)
	}
}

// A log that allows less than is seen makes what is seen forbidden.
func TestE2ELitmusRunFindsWhatIsForbidden(t *testing.T) {
	log := filepath.Join(t.TempDir(), "herd.log")
	text := "Test MP Allowed\nStates 1\n1:X1=1; 1:X3=0;\nOk\nObservation MP Always 1 0\n"
	require.NoError(t, os.WriteFile(log, []byte(text), 0o644))
	kcovrig(t, nil, "litmus", "run", litmusFolder(t, "MP"), "--herd-log", log, "--runs=1").run(1)
}

func TestE2ELitmusExpect(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	kcovrig(t, nil, "compare", "--arch=arm64", "--out", run).run(0)
	c := kcovrig(t, nil, "litmus", "expect", "--lkmm", "--json", "--run", run).run(0)
	var doc struct {
		Tests []struct {
			Name, Allowed           string
			Measured, Contradiction bool
		}
		LKMM []struct {
			Name, Note string
			OK         bool
		}
	}
	require.NoError(t, json.Unmarshal(c.out.Bytes(), &doc))
	stale := map[string]string{}
	for _, e := range doc.Tests {
		stale[e.Name] = e.Allowed
		assert.Equal(t, strings.HasSuffix(e.Name, "acquire"), e.Measured, e.Name)
		assert.False(t, e.Contradiction, e.Name)
	}
	assert.Equal(t, map[string]string{
		"patched+acquire": "never", "patched+relaxed": "sometimes",
		"unpatched+acquire": "sometimes", "unpatched+relaxed": "sometimes",
	}, stale)
	assert.Greater(t, len(doc.LKMM), 20)
	for _, test := range doc.LKMM {
		assert.True(t, test.OK, "%s: %s", test.Name, test.Note)
	}
}

// Pairs need arrays, which the kept tests have none of.
func TestE2ELitmusMake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	said := kcovrig(t, nil, "litmus", "make", dir, "--family=pairs", "--every=12").run(0).says("next    kcovrig litmus run " + dir + " --herd-log " + dir + "/herd.log").out.String()
	assert.Regexp(t, `^pairs +4 tests: `, said)
	ran := kcovrig(t, nil, "litmus", "run", dir, "--herd-log", filepath.Join(dir, "herd.log"), "--runs=1").run(0).out.String()
	assert.Contains(t, ran, "MP+dmb.stppa+addrpap")
}
