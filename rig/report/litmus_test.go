// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/litmus"
)

func litmusReport() litmus.Report {
	return litmus.Report{
		Seed: 7, Kernel: "6.12", QEMU: "11.1.3", Counted: map[string]uint64{"delayed": 3},
		Tests: []litmus.Comparison{
			{
				Name: "MP", Threads: 2, Outcome: litmus.Unsound, Outcomes: 10, Verdict: "Sometimes", Target: true,
				States:  map[litmus.State]uint64{"1:X0=1; 1:X2=0;": 9, "1:X0=2; 1:X2=0;": 1},
				Allowed: []litmus.State{"1:X0=0; 1:X2=0;", "1:X0=1; 1:X2=0;"}, Forbidden: []litmus.State{"1:X0=2; 1:X2=0;"},
				Unseen: []litmus.State{"1:X0=0; 1:X2=0;"}, ElapsedNS: 5,
			},
			{Name: "SB", Threads: 2, Outcome: litmus.Inconclusive, Why: "hung: no end within 1m0s"},
		},
	}
}

func TestLitmusJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, LitmusJSON(&out, litmusReport(), nil))
	var got map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, map[string]any{
		"tests": 2.0, "sound": 0.0, "unsound": 1.0, "inconclusive": 1.0, "outcomes": 10.0, "forbidden": 1.0,
		"allowed": 2.0, "unseen": 1.0, "relaxed": 1.0, "targets": 1.0,
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

func TestLitmusText(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, LitmusText(&out, litmusReport()))
	for _, want := range []string{
		"FORBIDDEN in MP: 1:X0=2; 1:X2=0; (1 times)", "INCONCLUSIVE: hung", "1 of 2", "seed 7",
		"0 sound, 1 unsound, 1 inconclusive; 1 forbidden states; 1 of 1 relaxed targets seen",
	} {
		assert.Contains(t, out.String(), want)
	}
}
