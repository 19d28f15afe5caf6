// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// A stage makes new values: what the stages before it made, and who holds that, see no
// change.
func TestStagesChangeNothingThatWasMadeBefore(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "binary")
	require.NoError(t, rigtest.WriteELF(binary, rigtest.Nops("g", 0x1000, 1), rigtest.Nops("copier", 0x1004, 1)))
	cfg := prepare.Config{Config: kernels.Config{
		Spec: trial.Spec{Arch: "arm64", MemoryModel: trial.ModelArm, Scopes: []string{"kernel:g", "guest:g"}, ScopeOnly: true},
	}}
	own := []weakmem.Scope{{Symbol: "f", Start: 1, End: 2}}
	built := &prepare.Kernels{}
	built.Put(trial.Patched, prepare.Kernel{Image: kernels.Image{Vmlinux: binary}, Scope: own})
	guest := prepare.GuestCode{Readers: map[trial.Reader]prepare.Reader{trial.Acquire: {Code: []elfcode.Range{{Symbol: "reader"}}}}}

	scoped, code, err := prepare.AddScopes(cfg, binary, built, guest)
	require.NoError(t, err)
	assert.Len(t, scoped.Of[trial.Patched].Scope, 2)
	assert.Empty(t, code.Readers[trial.Acquire].Code)
	assert.Len(t, code.Lines, 1)
	more, err := prepare.AddFunctions(cfg, prepare.Request{KernelSymbols: []string{"copier", "none"}, GuestSymbols: []string{"g"}}, binary, scoped)
	require.NoError(t, err)
	assert.Equal(t, prepare.Bodies([]elfcode.Range{{Symbol: "g", Start: 0x1000, End: 0x1004}, {Symbol: "copier", Start: 0x1004, End: 0x1008}}), more.Of[trial.Patched].Scope)

	assert.Len(t, scoped.Of[trial.Patched].Scope, 2)
	assert.Equal(t, own, built.Of[trial.Patched].Scope)
	assert.Equal(t, []trial.Variant{trial.Patched}, built.Built)
	assert.Len(t, guest.Readers[trial.Acquire].Code, 1)
	assert.Empty(t, guest.Lines)
}

// What the user names is in scope as they said, also where it was in it by another role.
func TestAUsersScopeTakesThePlaceOfTheSameCode(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "binary")
	require.NoError(t, rigtest.WriteELF(binary, rigtest.Nops("g", 0x1000, 1), rigtest.Nops("copier", 0x1004, 1)))
	cfg := prepare.Config{Config: kernels.Config{Spec: trial.Spec{Arch: "arm64", MemoryModel: trial.ModelArm, Scopes: []string{"kernel:g"}}}}
	built, copier := &prepare.Kernels{}, weakmem.Scope{Role: weakmem.Callee, Symbol: "copier", Start: 0x1004, End: 0x1008}
	built.Put(trial.Patched, prepare.Kernel{Image: kernels.Image{Vmlinux: binary}, Scope: []weakmem.Scope{{Role: weakmem.Callee, Symbol: "g", Start: 0x1000, End: 0x1004}, copier}})
	scoped, _, err := prepare.AddScopes(cfg, binary, built, prepare.GuestCode{})
	require.NoError(t, err)
	assert.Equal(t, []weakmem.Scope{copier, {Role: weakmem.Body, Symbol: "g", Start: 0x1000, End: 0x1004}}, scoped.Of[trial.Patched].Scope)
}

// All of the kernel is in scope but for what is executed elsewhere, and what is in scope by
// a role of its own.
func TestTheWholeKernelIsTheRest(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "binary")
	require.NoError(t, rigtest.WriteELF(binary, rigtest.Nops("_stext", 0x1000, 1), rigtest.Nops("copier", 0x1004, 2), rigtest.Nops("f", 0x100c, 2),
		rigtest.Nops("__idmap_text_start", 0x1014, 3), rigtest.Nops("__idmap_text_end", 0x1020, 1), rigtest.Nops("last", 0x1024, 1)))
	row, err := arch.Lookup("arm64")
	require.NoError(t, err)
	cfg := prepare.Config{Config: kernels.Config{Arch: row, Spec: trial.Spec{Arch: "arm64", MemoryModel: trial.ModelArm, Scopes: []string{"kernel:all"}}}}
	own := weakmem.Scope{Role: weakmem.Callee, Symbol: "copier", Start: 0x1004, End: 0x100c}
	analysis := &kernels.Analysis{Code: trial.Code{Scope: []trial.ScopeFunction{{Symbol: "copier"}}}}
	built := &prepare.Kernels{}
	built.Put(trial.Patched, prepare.Kernel{Image: kernels.Image{Vmlinux: binary}, Scope: []weakmem.Scope{own}, Analysis: analysis})
	scoped, _, err := prepare.AddScopes(cfg, binary, built, prepare.GuestCode{})
	require.NoError(t, err)
	assert.Equal(t, []weakmem.Scope{
		own, {Role: weakmem.Rest, Symbol: "_stext", Start: 0x1000, End: 0x1004}, {Role: weakmem.Rest, Symbol: "f", Start: 0x100c, End: 0x1014},
		{Role: weakmem.Rest, Symbol: "__idmap_text_end", Start: 0x1020, End: 0x1028},
	}, scoped.Of[trial.Patched].Scope)
	told := scoped.Of[trial.Patched].Analysis.Code.Scope
	require.Len(t, told, 2)
	assert.Equal(t, trial.ScopeFunction{Symbol: "all", Role: "rest", Bytes: 0x1c, Why: told[1].Why}, told[1])
	assert.Len(t, analysis.Code.Scope, 1, "what was made before stays as it is")

	more, err := prepare.AddFunctions(cfg, prepare.Request{KernelSymbols: []string{"f", "last"}}, binary, scoped)
	require.NoError(t, err)
	assert.Equal(t, scoped.Of[trial.Patched].Scope, more.Of[trial.Patched].Scope, "what is in scope already is in it once")
}
