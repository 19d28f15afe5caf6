// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// fakeGuest plays the guest's side of a stream. Its zero value greets well and
// sees no stale window.
type fakeGuest struct {
	hello   *wire.Hello  // nil: a good one
	first   *wire.Record // sent in the hello's place
	stale   int          // every stale-th block is stale; 0: none
	fault   *wire.Fault  // sent after the first progress
	hangUp  int          // closes the stream after that many progress records
	noDone  bool         // closes the stream in the done record's place
	lie     bool         // counts more stale windows than windows
	silent  bool         // never says anything
	counts  map[string]uint64
	console string           // what the console holds
	early   bool             // sends done unasked
	step    uint64           // blocks per progress; 0: 10
	sent    chan struct{}    // closed after the first progress
	hits    []wire.Detection // sent after the first progress
	litmus  func(wire.LitmusJob) *wire.LitmusResult
}

func (g fakeGuest) serve(vm *fakeVM, conn net.Conn) {
	defer conn.Close()
	dec, enc := wire.NewDecoder(conn), wire.NewEncoder(conn)
	hello := wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2, Workloads: []string{"kcov"}}
	if g.hello != nil {
		hello = *g.hello
	}
	switch {
	case g.silent:
		_, _ = dec.Decode()
		return
	case g.first != nil:
		_ = enc.Encode(*g.first)
	default:
		_ = enc.Encode(wire.Record{Hello: &hello})
	}
	r, err := dec.Decode()
	if err != nil || r.Start == nil {
		return
	}
	if g.litmus != nil {
		g.runLitmus(enc, r.Start.Litmus)
		return
	}
	stop := make(chan struct{})
	go func() {
		if r, err := dec.Decode(); err == nil && r.Stop != nil {
			close(stop)
		}
	}()
	vm.lab.stressing(+1)
	g.stress(vm, enc, *r.Start, stop)
}

func (g fakeGuest) stress(vm *fakeVM, enc *wire.Encoder, start wire.Start, stop chan struct{}) {
	step := g.step
	if step == 0 {
		step = 10
	}
	var blocks uint64
	for n := 1; !g.early; n++ {
		vm.awaitCont()
		blocks += step
		if enc.Encode(wire.Record{Progress: &wire.Progress{ElapsedNS: int64(n), Tallies: g.tallies(start, blocks)}}) != nil {
			return
		}
		if n == 1 && g.sent != nil {
			close(g.sent)
		}
		for i := 0; n == 1 && i < len(g.hits); i++ {
			_ = enc.Encode(wire.Record{Detection: &g.hits[i]})
		}
		if g.fault != nil {
			_ = enc.Encode(wire.Record{Fault: g.fault})
			return
		}
		if g.hangUp == n {
			return
		}
		select {
		case <-stop:
			if g.noDone {
				return
			}
		case <-time.After(time.Millisecond):
			continue
		}
		break
	}
	vm.lab.stressing(-1)
	_ = enc.Encode(wire.Record{Done: &wire.Done{Tallies: g.tallies(start, blocks), Counts: g.counts}})
}

func (g fakeGuest) tallies(start wire.Start, blocks uint64) []wire.Tally {
	var out []wire.Tally
	for _, m := range start.Modes {
		t := wire.Tally{Mode: m, Windows: blocks * start.BlockSize, Entries: 8 * blocks * start.BlockSize, Blocks: blocks}
		if g.stale > 0 {
			t.StaleBlocks = blocks / uint64(g.stale)
			t.StaleWindows, t.StaleEntries = t.StaleBlocks, t.StaleBlocks
			t.BlockTurns = 2 * min(t.StaleBlocks, t.Blocks-t.StaleBlocks)
		}
		if g.lie {
			t.StaleWindows = t.Windows + 1
		}
		out = append(out, t)
	}
	return out
}

// fakeVM is a machine around a fakeGuest.
type fakeVM struct {
	guest   fakeGuest
	host    net.Conn
	console string
	ended   chan struct{}
	once    sync.Once
	far     net.Conn
	lab     *lab
	on      bool
	gate    sync.Mutex // held while the machine is paused
}

func (v *fakeVM) Cont(context.Context) error {
	if v.on {
		v.lab.stressing(+1)
		v.gate.Unlock()
		return nil
	}
	v.on = true
	go v.guest.serve(v, v.far)
	return nil
}

// awaitCont waits while the machine is paused: then it does nothing.
func (v *fakeVM) awaitCont() {
	v.gate.Lock()
	defer v.gate.Unlock()
}

func (v *fakeVM) Pause(context.Context) error {
	v.gate.Lock()
	v.lab.stressing(-1)
	v.lab.pauses.Add(1)
	return nil
}
func (v *fakeVM) Wire() net.Conn          { return v.host }
func (v *fakeVM) Exited() <-chan struct{} { return v.ended }
func (v *fakeVM) Argv() []string          { return []string{"qemu", "-S"} }
func (v *fakeVM) Console() string         { return v.console }
func (v *fakeVM) Why(_ context.Context, cause error) error {
	if kind, line := qemu.Diagnose([]byte(v.guest.console)); line != "" {
		return fault.Newf(kind, "fake", "%w", qemu.ErrPanic)
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.Newf(fault.Kernel, "fake", "%w", qemu.ErrTimeout)
	}
	return fault.Newf(fault.Rig, "fake", "%w", qemu.ErrCut)
}
func (v *fakeVM) Close() error {
	v.once.Do(func() { close(v.ended) })
	return errors.Join(v.host.Close(), v.far.Close())
}

// lab is a set of fakes, and what was asked of them.
type lab struct {
	guests  map[bool]fakeGuest
	queue   []fakeGuest // of the next boots, before guests
	same    bool
	binary  string                                        // what the patched kernel's binary says of the order; empty: what the guest shows
	noted   func(v trial.Variant) ([]weakmem.Site, error) // the emulator's notes; nil: as the guest shows
	ways    objcode.Ways                                  // of both kernels
	model   trial.Expectation                             // what the memory model says of the patched kernel's
	noModel error
	qemu    qemu.Program
	kvm     error
	image   error
	mu      sync.Mutex
	boots   []qemu.Config
	vms     []*fakeVM
	probed  int
	scope   []string // the readers' symbols, per boot
	pauses  atomic.Int32
	active  atomic.Int32 // machines under stress
	most    atomic.Int32 // ... at once
}

func (l *lab) stressing(change int32) {
	if now := l.active.Add(change); now > l.most.Load() {
		l.most.Store(now)
	}
}

type fakeTree struct{ l *lab }

func (f fakeTree) Check(_ context.Context, _ trial.Variant) error { return nil }

func (f fakeTree) Plan(_ context.Context, v trial.Variant) (Image, error) {
	return Image{Image: trial.Image{Patched: v == trial.Patched, AsIs: v == trial.AsIs, Key: "key"}, Kernel: trial.Kernel{Version: "6.12.1"}}, nil
}

func (f fakeTree) Image(_ context.Context, v trial.Variant) (Image, error) {
	return Image{Image: trial.Image{Patched: v == trial.Patched, AsIs: v == trial.AsIs, Path: "Image"}, Kernel: trial.Kernel{Version: "6.12.1"}, Vmlinux: "vmlinux"}, f.l.image
}
func (f fakeTree) Close() error { return nil }

func (l *lab) backends() *Backends {
	return &Backends{
		Open: func(context.Context, TreeConfig) (Tree, error) { return fakeTree{l}, nil },
		Archive: func(context.Context, initramfs.Config) (initramfs.Archive, error) {
			return initramfs.Archive{Path: "initrd"}, nil
		},
		Emulator: func(context.Context, qemu.Search) (qemu.Program, error) {
			return l.qemu, nil
		},
		KVMBoots: func(context.Context, boot.KVMConfig) error { l.probed++; return l.kvm },
		Analyse: func(_ context.Context, cfg AnalyseConfig) (Analysis, error) {
			return Analysis{
				Code: trial.Code{Container: "f", Ordered: l.ordered(cfg.Image.Variant())}, Scope: []weakmem.Scope{{Symbol: "f", Start: 1, End: 2}},
				Copies: []objcode.Range{{Symbol: "copy", Start: 0x100, End: 0x200}}, Publishers: []uint64{0x300}, Ways: l.ways,
			}, nil
		},
		SameCode: func(_, _ Image, _ []string) (bool, error) { return l.same, nil },
		GuestScope: func(_ string, symbols []string) ([]objcode.Range, error) {
			return []objcode.Range{{Symbol: symbols[0], Start: 9, End: 10}}, nil
		},
		Functions: func(string, []string) ([]objcode.Range, error) {
			return []objcode.Range{{Symbol: "g", Start: 11, End: 12}}, nil
		},
		Disassemble:  func(string, []objcode.Range) ([]objcode.Line, error) { return nil, nil },
		PackEmulator: weakmem.Bundled,
		Emulation: func(weakmem.Config) (string, map[string]uint64, error) {
			return "weakmem", map[string]uint64{"active": 600}, nil
		},
		Model: l.herd,
		Doers: boot.Doers{
			Plugin: l.plugin, Start: l.boot, Sites: l.sites,
			Counters: func(string) (map[string]uint64, error) { return map[string]uint64{"delayed": 7}, nil },
		},
	}
}

func (l *lab) boot(_ context.Context, cfg qemu.Config) (boot.VM, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	patched := strings.HasPrefix(filepath.Base(cfg.Dir), "patched")
	host, far := net.Pipe()
	guest := l.guests[patched]
	if len(l.queue) > 0 {
		guest, l.queue = l.queue[0], l.queue[1:]
	}
	vm := &fakeVM{lab: l, guest: guest, host: host, far: far, ended: make(chan struct{}), console: filepath.Join(cfg.Dir, "console")}
	l.boots, l.vms = append(l.boots, cfg), append(l.vms, vm)
	return vm, os.WriteFile(vm.console, []byte(vm.guest.console), 0o600)
}

func newLab(unpatched, patched fakeGuest) *lab {
	return &lab{
		guests: map[bool]fakeGuest{false: unpatched, true: patched},
		qemu:   qemu.Program{Argv: []string{"qemu"}, Version: "11.1.3", PluginAPI: 7},
	}
}

func (l *lab) config(t *testing.T) Config {
	t.Helper()
	return Config{
		Spec: trial.Spec{
			Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto,
			Modes: []string{"pc", "cmp"},
		},
		CacheDir: t.TempDir(), OutDir: filepath.Join(t.TempDir(), "out"), Backends: l.backends(), Version: "test",
	}
}
