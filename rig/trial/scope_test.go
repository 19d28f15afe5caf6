// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

func TestParseScope(t *testing.T) {
	where, symbols, err := ParseScope("kernel:copy_page,clear_page")
	require.NoError(t, err)
	assert.Equal(t, ScopeKernel, where)
	assert.Equal(t, []string{"copy_page", "clear_page"}, symbols)
	where, symbols, err = ParseScope("guest:module/package.function")
	require.NoError(t, err)
	assert.Equal(t, ScopeGuest, where)
	assert.Equal(t, []string{"module/package.function"}, symbols)
	where, symbols, err = ParseScope("kernel:all,net/core/sock.o")
	require.NoError(t, err)
	assert.Equal(t, []string{"all", "net/core/sock.o"}, symbols)
	assert.Equal(t, ScopeKernel, where)
	for _, bad := range []string{"kernel:../x.o", "kernel:/x.o", "kernel:a//x.o", "", "copy_page", "host:x", "kernel:", "kernel:a,,b", "kernel:a, b", "guest"} {
		_, _, err := ParseScope(bad)
		assert.Error(t, err, bad)
	}
}

func TestObjectsAndTheWholeKernelAreTheRest(t *testing.T) {
	s := Spec{Scopes: []string{"kernel:f,net/core/sock.o", "guest:all,x.o", "kernel:all"}}
	assert.Equal(t, []string{"net/core/sock.o", "all"}, s.ScopesRest())
}

func TestScopesThatCannotBeUsed(t *testing.T) {
	good := Spec{Arch: "arm64", Readers: []Reader{Acquire}, Modes: []string{"m"}, MemoryModel: ModelArm, Accel: AccelAuto, Scopes: []string{"kernel:f"}}
	require.NoError(t, good.Validate())
	for want, change := range map[string]func(*Spec){
		"host:f":       func(s *Spec) { s.Scopes = []string{"host:f"} },
		"--scope-only": func(s *Spec) { s.Scopes, s.ScopeOnly = nil, true },
		"x86_64":       func(s *Spec) { s.Arch = "x86_64" },
		"=native":      func(s *Spec) { s.MemoryModel = ModelNative },
	} {
		s := good
		change(&s)
		err := s.Validate()
		assert.ErrorContains(t, err, want)
		assert.Equal(t, fault.User, fault.KindOf(err))
	}
}

func TestAlterationsThatCannotBeMade(t *testing.T) {
	good := Spec{Arch: "arm64", Readers: []Reader{Acquire}, Modes: []string{"m"}, MemoryModel: ModelArm, Accel: AccelAuto, Weaken: "f:7"}
	require.NoError(t, good.Validate())
	for want, change := range map[string]func(*Spec){
		"one at a time": func(s *Spec) { s.VirtualFix = "f:7:smp_mb" },
		"x86_64":        func(s *Spec) { s.Arch = "x86_64" },
		"=native":       func(s *Spec) { s.Weaken, s.VirtualFix, s.MemoryModel = "", "f:7:smp_mb", ModelNative },
	} {
		s := good
		change(&s)
		err := s.Validate()
		assert.ErrorContains(t, err, want)
		assert.Equal(t, fault.User, fault.KindOf(err))
	}
}
