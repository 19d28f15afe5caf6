// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/result"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// A hit of a scenario's own program is told in the kernel's or its words, not in those
// of a stale entry; the code by what is in scope, since no two writes are known.
func TestAHitOfAProgramIsToldInItsWords(t *testing.T) {
	r := trial.Result{
		Command: "compare",
		Observations: []trial.Observation{{Reader: trial.InKernel, Detections: []wire.Detection{
			{Mode: "program", Kind: wire.KindOops, Text: "NULL pointer\x1b[2J in tls_getsockopt+0x18"},
		}}},
		Code: []trial.Code{{Container: "tls_init", Ordered: "unknown", Scope: []trial.ScopeFunction{{Symbol: "tls_ctx_create"}, {Symbol: "tls_init"}}}},
	}
	var b strings.Builder
	require.NoError(t, Text(&b, r))
	assert.Contains(t, b.String(), "unpatched, kernel, program: oops: NULL pointer?[2J in tls_getsockopt+0x18\n")
	assert.Contains(t, b.String(), "code      unpatched: in scope: tls_ctx_create, tls_init\n")
	assert.NotContains(t, b.String(), "entry 0 of 0")
	assert.NotContains(t, b.String(), "between copy and count")
}

func TestTheCommandThatRepeatsNamesTheScenario(t *testing.T) {
	d := result.Document{Command: "compare", Spec: trial.Spec{Scenario: "tls", Arch: "arm64"}}
	assert.Equal(t, []string{"kcovrig", "compare", "--scenario=tls", "--arch=arm64"}, repeat(d))
	d.Spec.Scenario = scenario.Default
	assert.Equal(t, []string{"kcovrig", "compare", "--arch=arm64"}, repeat(d))
}
