// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kcovrig/rig/boot"
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
	Guests   map[trial.Variant]Guest                       // one of trial.Pair; that of the tree as it stands is the unpatched one
	Queue    []Guest                                       // of the next boots, before guests
	Same     trial.Sameness                                // of the kernels' code; empty: it differs
	Binary   string                                        // what the patched kernel's binary says of the order; empty: what the guest shows
	Noted    func(v trial.Variant) ([]weakmem.Site, error) // the emulator's notes; nil: as the guest shows
	Skipped  map[uint64]bool                               // alterations, by the address of their first change, that no boot executes
	Unfit    map[uint64]bool                               // addresses of changes; what is executed there cannot be changed so
	Ways     objcode.Ways                                  // of both kernels
	Between  []uint64                                      // addresses of instructions of the fix's that order
	Lines    []elfcode.Line                                // of both
	InScope  []weakmem.Scope                               // of both; none: f, as far as nobody looks into it
	Kernel   []Function                                    // of both, as their binary has them; none: f and g
	QEMU     qemu.Program
	KVM      error
	BuildErr error
	dir      string // of the binaries
	looks    uint64 // at what was executed
	looked   uint64 // at the emulator's notes
	mu       sync.Mutex
	Boots    []qemu.Config
	VMs      []*VM
	Plans    []weakmem.Config // the emulator's, per boot
	Probed   int
	Scope    []string // the readers' symbols, per boot
	Pauses   atomic.Int32
	active   atomic.Int32 // machines under stress
	Most     atomic.Int32 // ... at once
}

func (l *Lab) stressing(change int32) {
	if now := l.active.Add(change); now > l.Most.Load() {
		l.Most.Store(now)
	}
}

// Source gives the lab's kernels, which are there at once.
type Source struct{ Lab *Lab }

// Open is the lab's kernels.Opener.
func (l *Lab) Open(_ context.Context, cfg kernels.Config) (kernels.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dir = cmp.Or(l.dir, cfg.CacheDir)
	return Source{l}, nil
}

// vmlinux writes the kernels' binary.
func (l *Lab) vmlinux() (string, error) {
	functions := l.Kernel
	if len(functions) == 0 {
		functions = []Function{Nops("f", 0x1000, 64), Nops("g", 0x2000, 4)}
	}
	path := filepath.Join(l.dir, "vmlinux")
	return path, WriteELF(path, functions...)
}

func (Source) Check(context.Context, trial.Variant) error { return nil }

func (Source) Plan(_ context.Context, v trial.Variant) (kernels.Image, error) {
	return kernels.Image{Image: trial.Image{SavedVariant: v.Saved(), Key: "key"}, Kernel: trial.Kernel{Version: "6.12.1"}}, nil
}

func (s Source) Build(_ context.Context, v trial.Variant) (kernels.Image, error) {
	vmlinux, err := s.Lab.vmlinux()
	return kernels.Image{Image: trial.Image{SavedVariant: v.Saved(), Path: "Image"}, Kernel: trial.Kernel{Version: "6.12.1"}, Vmlinux: vmlinux}, errors.Join(s.Lab.BuildErr, err)
}

func (s Source) Analyse(_ context.Context, image kernels.Image, _ string) (kernels.Analysis, error) {
	return kernels.Analysis{
		Code: trial.Code{Container: "f", Ordered: s.Lab.ordered(image.Variant())}, Scope: s.Lab.scope(),
		Copies: []elfcode.Range{{Symbol: "copy", Start: 0x100, End: 0x200}}, Publishers: []uint64{0x300}, FixOrders: append([]uint64{0x280}, s.Lab.Between...), Ways: s.Lab.Ways,
		Lines: s.Lab.Lines,
	}, nil
}

func (l *Lab) scope() []weakmem.Scope {
	if len(l.InScope) > 0 {
		return l.InScope
	}
	return []weakmem.Scope{{Symbol: "f", Start: 1, End: 2}}
}

func (s Source) SameCode(_, _ kernels.Image, _ []string) (trial.Sameness, error) {
	return cmp.Or(s.Lab.Same, trial.CodeDiffers), nil
}
func (Source) Close() error { return nil }

// Tools are the lab's.
func (l *Lab) Tools() *prepare.Tools {
	return &prepare.Tools{
		Archive: func(_ context.Context, cfg initramfs.Config) (initramfs.Archive, error) {
			guest := filepath.Join(cfg.CacheDir, "guest.elf")
			return initramfs.Archive{Path: "initrd", Guest: guest}, WriteGuest(guest)
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
		Counters: func(string) (map[string]uint64, error) { return map[string]uint64{"delayed": 7}, nil },
	}
}

// variantIn is the kernel of a boot whose files are in the folder.
func variantIn(dir string) trial.Variant {
	if strings.HasPrefix(filepath.Base(dir), string(trial.Patched)) {
		return trial.Patched
	}
	return trial.Unpatched
}

func (l *Lab) boot(_ context.Context, cfg qemu.Config) (boot.VM, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := variantIn(cfg.Dir)
	host, far := net.Pipe()
	guest := l.Guests[v]
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
		Spec: trial.Spec{
			Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto,
			Modes: []string{"pc", "cmp"},
		},
		CacheDir: cacheDir, OutDir: outDir, Kernels: l.Open, Tools: l.Tools(), Boots: l.Booting(), Reports: kept.Reports(), Version: "test",
	}
}

// Real is a command's Config on the machine's own cache and tools; it skips t where
// these are not to be used, see envtest.Real.
func Real(t testing.TB, what string) command.Config {
	t.Helper()
	return command.Config{
		Spec: trial.Spec{
			Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelTCG, Seed: 11,
		},
		CacheDir: envtest.Real(t, what), OutDir: filepath.Join(t.TempDir(), "out"), Version: "test",
	}
}
