// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// A stage makes new values: what the stages before it made, and who holds that, see no
// change.
func TestStagesChangeNothingThatWasMadeBefore(t *testing.T) {
	cfg := Config{Tools: Tools{
		Functions: func(_ string, symbols []string) ([]objcode.Range, error) {
			return []objcode.Range{{Symbol: symbols[0], Start: 8, End: 9}}, nil
		},
		Disassemble: func(_ string, ranges []objcode.Range) ([]objcode.Line, error) {
			return []objcode.Line{{Addr: ranges[0].Start}}, nil
		},
	}}
	cfg.Config = kernels.Config{Spec: trial.Spec{Arch: "arm64", MemoryModel: trial.ModelArm, Scopes: []string{"kernel:g", "guest:g"}, ScopeOnly: true}}
	own := []weakmem.Scope{{Symbol: "f", Start: 1, End: 2}}
	built := &Kernels{}
	built.Put(trial.Patched, Kernel{Scope: own})
	guest := GuestCode{Readers: map[trial.Reader]Reader{trial.Acquire: {Code: []objcode.Range{{Symbol: "reader"}}}}}

	scoped, code, err := addScopes(cfg, "guest", built, guest)
	require.NoError(t, err)
	assert.Len(t, scoped.Of[trial.Patched].Scope, 2)
	assert.Empty(t, code.Readers[trial.Acquire].Code)
	assert.Len(t, code.Lines, 1)
	more, err := addFunctions(cfg, Request{KernelSymbols: []string{"copier"}, GuestSymbols: []string{"ledger"}}, "guest", scoped)
	require.NoError(t, err)
	assert.Len(t, more.Of[trial.Patched].Scope, 1, "they begin at the same address")

	assert.Len(t, scoped.Of[trial.Patched].Scope, 2)
	assert.Equal(t, own, built.Of[trial.Patched].Scope)
	assert.Equal(t, []trial.Variant{trial.Patched}, built.Built)
	assert.Len(t, guest.Readers[trial.Acquire].Code, 1)
	assert.Empty(t, guest.Lines)
}
