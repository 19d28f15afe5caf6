// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/envtest"
	"kcovrig/rig/trial"
)

// e2e returns the QEMU command prefix of an architecture, e.g. from
// KCOVRIG_QEMU_X86_64="qemu-system-x86_64 -L folder"; without it the one in PATH.
func e2e(t *testing.T, a arch.Arch) []string {
	t.Helper()
	envtest.Real(t, "runs QEMU")
	if prefix := strings.Fields(os.Getenv("KCOVRIG_QEMU_" + strings.ToUpper(a.Name))); len(prefix) > 0 {
		return prefix
	}
	return []string{a.QEMU}
}

// The code that ProbeKVM boots does run, and code that does nothing is told
// from it: shown with TCG, which is there everywhere.
func TestTheProbesCodeRunsUnderTCG(t *testing.T) {
	for _, name := range arch.Names() {
		a, _ := arch.Lookup(name)
		binary := e2e(t, a)
		if err := runFirmware(t.Context(), binary, a, trial.AccelTCG, probeTime); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// A branch to itself, resp. hlt and a jump back to it.
		a.KVMProbe.Code = map[string][]byte{"arm64": {0, 0, 0, 0x14}, "x86_64": {0xf4, 0xeb, 0xfd}}[name]
		if err := runFirmware(t.Context(), binary, a, trial.AccelTCG, kvmTime); err == nil {
			t.Errorf("%s: code that does nothing passes", name)
		}
	}
}

func TestProbeRealQEMU(t *testing.T) {
	for _, name := range arch.Names() {
		a, _ := arch.Lookup(name)
		caps, err := Probe(t.Context(), e2e(t, a), a)
		if err != nil || caps.Version == "" {
			t.Fatalf("%+v, %v", caps, err)
		}
		t.Logf("%s: %+v, emulator: %v, KVM: %v", name, caps, caps.CheckMemoryEmulator(), ProbeKVM(t.Context(), e2e(t, a), a))
	}
}

// A guest that powers off by itself is told from one that was done. The kernel
// is one that scripts/test has built.
func TestAGuestPowersOff(t *testing.T) {
	cfg := config(t, "arm64")
	cfg.Binary = e2e(t, cfg.Arch)
	build := filepath.Join(os.Getenv("KCOVRIG_E2E_BUILDS"), "arm64-unpatched")
	cfg.Kernel, cfg.Initrd = filepath.Join(build, "out", cfg.Arch.ImagePath), powerOffInitrd(t)
	if _, err := os.Stat(cfg.Kernel); err != nil {
		t.Fatalf("KCOVRIG_E2E_BUILDS names no built kernels: run scripts/test: %v", err)
	}
	cfg.Dir, cfg.Sockets, cfg.CPUs = t.TempDir(), "", 2
	vm := start(t, cfg)
	if err := vm.Wait(t.Context()); !errors.Is(err, ErrPowerOff) {
		t.Errorf("%v\n%s", err, Console(cfg.Console()))
	}
}
