// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/litmus"
	"kcovrig/rig/result"
)

func litmusReport() litmus.Report {
	return litmus.Report{
		Seed: 7, Kernel: "6.12", QEMU: "11.1.3", Counted: map[string]uint64{"delayed": 3},
		Tests: []litmus.Comparison{
			{
				Name: "MP", Threads: 2, Outcome: litmus.Unsound, Outcomes: 10, Observation: "Sometimes", Target: true,
				States:  map[litmus.State]uint64{"1:X0=1; 1:X2=0;": 9, "1:X0=2; 1:X2=0;": 1},
				Allowed: []litmus.State{"1:X0=0; 1:X2=0;", "1:X0=1; 1:X2=0;"}, Forbidden: []litmus.State{"1:X0=2; 1:X2=0;"},
				Unseen: []litmus.State{"1:X0=0; 1:X2=0;"}, ElapsedNS: 5,
				Shares: []litmus.Share{
					{Policy: "turns", Outcomes: 9, States: 1, Forbidden: []litmus.State{}, Target: true},
					{Policy: "verdict", Outcomes: 1, States: 1, Forbidden: []litmus.State{"1:X0=2; 1:X2=0;"}},
				},
			},
			{Name: "SB", Threads: 2, Outcome: litmus.Inconclusive, Why: "hung: no end within 1m0s"},
		},
	}
}

func TestLitmusJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, litmusJSON(&out, LitmusRun{Report: litmusReport()}))
	var got map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, map[string]any{
		"tests": 2.0, "sound": 0.0, "unsound": 1.0, "inconclusive": 1.0, "outcomes": 10.0, "forbidden": 1.0,
		"allowed": 2.0, "unseen": 1.0, "relaxed": 1.0, "targets": 1.0,
		"policies": []any{
			map[string]any{"policy": "turns", "tests": 1.0, "outcomes": 9.0}, map[string]any{"policy": "verdict", "tests": 1.0, "outcomes": 1.0},
		},
	}, got["summary"])
	tests := got["tests"].([]any)
	mp, sb := tests[0].(map[string]any), tests[1].(map[string]any)
	assert.Equal(t, "MP", mp["name"])
	assert.Equal(t, 10.0, mp["outcomes"])
	assert.Equal(t, map[string]any{"1:X0=1; 1:X2=0;": 9.0, "1:X0=2; 1:X2=0;": 1.0}, mp["states"])
	assert.Equal(t, []any{"1:X0=2; 1:X2=0;"}, mp["forbidden"])
	assert.Equal(t, []any{"1:X0=0; 1:X2=0;"}, mp["unseen"])
	assert.Equal(t, true, mp["target"])
	for _, list := range []string{"allowed", "forbidden", "unseen"} {
		assert.Equal(t, []any{}, sb[list], list)
	}
}

// What a run leaves, wherever it was cut, is a report of what had come; one that
// came to its end is the very report.
func TestLitmusLines(t *testing.T) {
	r := litmusReport()
	r.Tests[1].States, r.Tests[1].Shares = map[litmus.State]uint64{}, []litmus.Share{}
	r.Tests[1].Allowed, r.Tests[1].Forbidden, r.Tests[1].Unseen = []litmus.State{}, []litmus.State{}, []litmus.State{}
	var out bytes.Buffer
	w := result.LitmusWriter{To: &out}
	require.NoError(t, w.Begin([]litmus.Head{{Name: "MP", Threads: 2}, {Name: "SB", Threads: 2}}, 7))
	begun := out.Len()
	first := r.Tests[0]
	first.Outcomes, first.Outcome = 3, litmus.Inconclusive
	require.NoError(t, w.Test(0, first))
	half := out.Len()
	for i, c := range r.Tests {
		require.NoError(t, w.Test(i, c))
	}
	tested := out.Len()
	require.NoError(t, w.End(r))
	text := out.Bytes()

	got, err := result.ReadLitmusLines(bytes.NewReader(text))
	require.NoError(t, err)
	assert.Equal(t, r, got)
	got, err = result.ReadLitmusLines(bytes.NewReader(text[:tested]))
	require.NoError(t, err)
	assert.Equal(t, r.Tests, got.Tests)
	assert.True(t, got.Ended)
	for cut := begun; cut < tested; cut++ {
		got, err = result.ReadLitmusLines(bytes.NewReader(text[:cut]))
		require.NoError(t, err, cut)
		require.Len(t, got.Tests, 2)
		assert.Equal(t, "SB", got.Tests[1].Name)
		assert.Contains(t, got.Tests[1].Why, "it was not run: the run was ended")
		assert.Equal(t, litmus.Inconclusive, got.Tests[1].Outcome)
	}
	got, err = result.ReadLitmusLines(bytes.NewReader(text[:half]))
	require.NoError(t, err)
	assert.Equal(t, uint64(3), got.Tests[0].Outcomes)
	var shown bytes.Buffer
	require.NoError(t, litmusText(&shown, LitmusRun{Report: got}))
	assert.Contains(t, shown.String(), "THE RUN WAS ENDED")
}

func TestWhatAreNoLitmusLines(t *testing.T) {
	const begin = `{"begin":{"schema":"kcovrig.litmus-lines/1","seed":1,"heads":[{"name":"MP","threads":2}]}}` + "\n"
	_, err := result.ReadLitmusLines(strings.NewReader(begin))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"empty": "", "no JSON": begin + "x\n", "another schema": strings.Replace(begin, "lines/1", "lines/2", 1), "no test": begin + "{}\n",
		"no such test": begin + `{"number":2,"test":{}}` + "\n", "twice begun": begin + begin, "no beginning": `{"number":1,"test":{}}` + "\n",
	} {
		_, err := result.ReadLitmusLines(strings.NewReader(text))
		assert.Error(t, err, name)
	}
}

func TestLitmusText(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, litmusText(&out, LitmusRun{Report: litmusReport()}))
	for _, want := range []string{
		"FORBIDDEN in MP: 1:X0=2; 1:X2=0; (1 times, policy verdict)", "policy verdict: 1 outcomes of 1 tests", "INCONCLUSIVE: hung", "1 of 2", "seed 7",
		"0 sound, 1 unsound, 1 inconclusive; 1 forbidden states; 1 of 1 relaxed targets seen",
	} {
		assert.Contains(t, out.String(), want)
	}
}
