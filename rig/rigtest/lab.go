// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/command"
	"kcovrig/rig/envtest"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/report/kept"
	"kcovrig/rig/trial"
)

// Lab is a set of fakes, and what was asked of them.
type Lab struct {
	Guests  map[trial.Variant]Guest                       // the tree as it stands has the unpatched one's, where none is its own
	Queue   []Guest                                       // of the next boots, before guests
	Same    trial.Sameness                                // of the kernels' code; empty: it differs
	Binary  string                                        // what the patched kernel's binary says of the order; empty: what the guest shows
	Noted   func(v trial.Variant) ([]weakmem.Site, error) // the emulator's notes; nil: as the guest shows
	Skipped map[uint64]bool                               // alterations, by the address of their first change, that no boot executes
	Unfit   map[uint64]bool                               // addresses of changes; what is executed there cannot be changed so
	Ways    objcode.Ways                                  // of both kernels
	Between []uint64                                      // addresses of instructions of the fix's that order
	Lines   []elfcode.Line                                // of both
	InScope []coderange.Range                             // of both; none: f, as far as nobody looks into it
	Kernel  []Function                                    // of both, as their binary has them; none: f and g
	QEMU    qemu.Program
	KVM     error
	Broken  func(kernels.Config, trial.Variant) error // why a kernel cannot be built; nil: each can
	Patch   string                                    // that makes the patched kernel
	Built   map[string]int                            // how often each kernel was asked for, by its key
	dir     string                                    // of the binaries
	looks   uint64                                    // at what was executed
	looked  uint64                                    // at the emulator's notes
	mu      sync.Mutex
	Boots   []qemu.Config
	VMs     []*VM
	Plans   []weakmem.Config // the emulator's, per boot
	Probed  int
	Scope   []string // the readers' symbols, per boot
	Pauses  atomic.Int32
	active  atomic.Int32 // machines under stress
	Most    atomic.Int32 // ... at once
}

func (l *Lab) stressing(change int32) {
	if now := l.active.Add(change); now > l.Most.Load() {
		l.Most.Store(now)
	}
}

// Tools are the lab's.
func (l *Lab) Tools() *prepare.Tools {
	return &prepare.Tools{
		Archive: func(_ context.Context, cfg initramfs.Config) (initramfs.Archive, error) {
			guest := filepath.Join(cfg.CacheDir, "guest.elf")
			return initramfs.Archive{Path: guest, Guest: guest}, WriteGuest(guest)
		},
		QEMU: func(context.Context, qemu.Search) (qemu.Program, error) {
			return l.QEMU, nil
		},
		KVMBoots: func(context.Context, boot.KVMConfig) error { l.Probed++; return l.KVM },
		Program:  func(context.Context, program.Config) ([]byte, error) { return []byte("program"), nil },
	}
}

// Booting is who boots the lab's machines.
func (l *Lab) Booting() *boot.Tools {
	return &boot.Tools{
		Plugin: l.plugin, Start: l.boot, Sites: l.sites, Altered: l.altered,
		Counters: func(string) (map[string]uint64, error) { return map[string]uint64{"delayed": 7}, nil }, Witnesses: witnesses,
	}
}

// variantIn is the kernel of a boot whose files are in the folder.
func variantIn(dir string) trial.Variant {
	for _, v := range []trial.Variant{trial.Patched, trial.AsIs} {
		if strings.HasPrefix(filepath.Base(dir), string(v)) {
			return v
		}
	}
	return trial.Unpatched
}

// guest is a variant's, and whether it is its own.
func (l *Lab) guest(v trial.Variant) (Guest, bool) {
	if g, ok := l.Guests[v]; ok {
		return g, true
	}
	return l.Guests[v.InPair()], false
}

func (l *Lab) boot(_ context.Context, cfg qemu.Config) (boot.VM, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := variantIn(cfg.Dir)
	host, far := net.Pipe()
	guest, _ := l.guest(v)
	if len(l.Queue) > 0 {
		guest, l.Queue = l.Queue[0], l.Queue[1:]
	}
	number := 0
	for _, earlier := range l.Boots {
		if variantIn(earlier.Dir) == v {
			number++
		}
	}
	vm := &VM{lab: l, number: number, Guest: guest, host: host, far: far, ended: make(chan struct{}), console: filepath.Join(cfg.Dir, "console")}
	l.Boots, l.VMs = append(l.Boots, cfg), append(l.VMs, vm)
	return vm, os.WriteFile(vm.console, []byte(vm.Guest.Console), 0o600)
}

// NewLab is a lab whose kernels have these guests.
func NewLab(unpatched, patched Guest) *Lab {
	return &Lab{
		Guests: map[trial.Variant]Guest{trial.Unpatched: unpatched, trial.Patched: patched},
		QEMU:   qemu.Program{Argv: []string{"qemu"}, Version: "11.1.3", PluginAPI: 7},
	}
}

// Config is a command's, on the lab, in folders of the test's.
func (l *Lab) Config(t *testing.T) command.Config {
	t.Helper()
	return l.ConfigIn(t.TempDir(), filepath.Join(t.TempDir(), "out"))
}

// ConfigIn is a command's, on the lab, with these folders.
func (l *Lab) ConfigIn(cacheDir, outDir string) command.Config {
	l.dir = cacheDir
	return command.Config{
		Env: command.Env{CacheDir: cacheDir, Tools: l.Tools(), Boots: l.Booting(), Version: "test"},
		Spec: trial.Spec{
			Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto,
			Modes: []string{"pc", "cmp"},
		},
		OutDir: outDir, Kernels: l.Open, Reports: kept.Reports(),
	}
}

// Real is a command's Config on the machine's own cache and tools; it skips t where
// these are not to be used, see envtest.Real.
func Real(t testing.TB, what string) command.Config {
	t.Helper()
	return command.Config{
		Env: command.Env{CacheDir: envtest.Real(t, what), Version: "test"},
		Spec: trial.Spec{
			Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelTCG, Seed: 11,
		},
		OutDir: filepath.Join(t.TempDir(), "out"),
	}
}
