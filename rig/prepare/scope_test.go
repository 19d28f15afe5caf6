// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
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
	own := []coderange.Range{{Symbol: "f", Start: 1, End: 2}}
	built := &prepare.Kernels{}
	built.Put(trial.Patched, prepare.Kernel{Image: kernels.Image{Vmlinux: binary}, Scope: own})
	guest := prepare.GuestCode{Readers: map[trial.Reader]prepare.Reader{trial.Acquire: {Code: []coderange.Range{{Symbol: "reader"}}}}}

	scoped, code, err := prepare.AddScopes(cfg, binary, built, guest)
	require.NoError(t, err)
	assert.Len(t, scoped.Of[trial.Patched].Scope, 2)
	assert.Empty(t, code.Readers[trial.Acquire].Code)
	assert.Len(t, code.Lines, 1)
	more, err := prepare.AddFunctions(cfg, prepare.Request{KernelSymbols: []string{"copier", "none"}, GuestSymbols: []string{"g"}}, binary, scoped)
	require.NoError(t, err)
	assert.Equal(t, prepare.Bodies([]coderange.Range{{Symbol: "g", Start: 0x1000, End: 0x1004}, {Symbol: "copier", Start: 0x1004, End: 0x1008}}), more.Of[trial.Patched].Scope)

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
	built, copier := &prepare.Kernels{}, coderange.Range{Role: coderange.Callee, Symbol: "copier", Start: 0x1004, End: 0x1008}
	built.Put(trial.Patched, prepare.Kernel{Image: kernels.Image{Vmlinux: binary}, Scope: []coderange.Range{{Role: coderange.Callee, Symbol: "g", Start: 0x1000, End: 0x1004}, copier}})
	scoped, _, err := prepare.AddScopes(cfg, binary, built, prepare.GuestCode{})
	require.NoError(t, err)
	assert.Equal(t, []coderange.Range{copier, {Role: coderange.Body, Symbol: "g", Start: 0x1000, End: 0x1004}}, scoped.Of[trial.Patched].Scope)
}

// Code of all of the kernel's text is in it: named once more it would overlap.
func TestAWideScopeHoldsWhatElseIsNamed(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "binary")
	require.NoError(t, rigtest.WriteELF(binary, rigtest.Nops("g", 0x1000, 1), rigtest.Nops("copier", 0x1004, 1)))
	cfg := prepare.Config{Config: kernels.Config{Spec: trial.Spec{Arch: "arm64", MemoryModel: trial.ModelArm, Scopes: []string{"kernel:g,*"}}}}
	built := &prepare.Kernels{}
	built.Put(trial.Patched, prepare.Kernel{Image: kernels.Image{Vmlinux: binary}, Scope: []coderange.Range{{Role: coderange.Callee, Symbol: "g", Start: 0x1000, End: 0x1004}}})
	scoped, _, err := prepare.AddScopes(cfg, binary, built, prepare.GuestCode{})
	require.NoError(t, err)
	all := []coderange.Range{{Role: coderange.Body, Symbol: ".text", Start: 0x1000, End: 0x1008}}
	require.Equal(t, all, scoped.Of[trial.Patched].Scope)
	more, err := prepare.AddFunctions(cfg, prepare.Request{KernelSymbols: []string{"copier"}}, binary, scoped)
	require.NoError(t, err)
	assert.Equal(t, all, more.Of[trial.Patched].Scope)
}
