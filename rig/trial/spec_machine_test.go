// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCompilersAndCPUs(t *testing.T) {
	base := Spec{Arch: "arm64", Readers: []Reader{Acquire}, Modes: []string{"m"}, MemoryModel: ModelNative, Accel: AccelAuto}
	for name, c := range map[string]struct {
		change func(*Spec)
		want   string
	}{
		"defaults":            {func(*Spec) {}, ""},
		"clang":               {func(s *Spec) { s.Compiler = "clang" }, ""},
		"unknown compiler":    {func(s *Spec) { s.Compiler = "icc" }, "have: gcc, clang"},
		"a CPU":               {func(s *Spec) { s.CPU = "neoverse-n1" }, ""},
		"another's CPU":       {func(s *Spec) { s.CPU = "Haswell" }, "unknown arm64 CPU"},
		"a CPU under KVM":     {func(s *Spec) { s.CPU, s.Accel = "max", AccelKVM }, "cannot be joined"},
		"x86_64 with its own": {func(s *Spec) { s.Arch, s.CPU = "x86_64", "Haswell" }, ""},
	} {
		spec := base
		c.change(&spec)
		err := spec.Validate()
		if c.want == "" {
			assert.NoError(t, err, name)
		} else {
			assert.ErrorContains(t, err, c.want, name)
		}
	}
}
