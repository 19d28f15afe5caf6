// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"errors"
	"runtime"
	"testing"

	"kcovrig/rig/arch"
)

func TestProbeKVMOfAnotherArchitecture(t *testing.T) {
	for _, name := range arch.Names() {
		a, _ := arch.Lookup(name)
		if a.GOARCH == runtime.GOARCH {
			continue
		}
		if err := ProbeKVM(t.Context(), []string{a.QEMU}, a); !errors.Is(err, ErrNoKVM) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
