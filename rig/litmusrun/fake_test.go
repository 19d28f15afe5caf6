// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// litmusLab is a run of litmus tests against a fake guest, with ready programs
// and herd7's log, and the policies that its boots ran under.
type litmusLab struct {
	cfg      Config
	dir      string
	lab      *rigtest.Lab
	mu       sync.Mutex
	policies []weakmem.Policy
	programs uint64
}

// newLitmusLab has a folder of tests of those names, all good.
func newLitmusLab(t *testing.T, answer func(wire.LitmusJob) *wire.LitmusResult, names ...string) *litmusLab {
	t.Helper()
	hello := &wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2}
	g := rigtest.Guest{Hello: hello, Litmus: answer}
	base := rigtest.NewLab(g, g)
	l := &litmusLab{dir: t.TempDir(), lab: base}
	l.cfg = Config{
		Config: base.Config(t), Paths: []string{l.dir}, Binaries: t.TempDir(), HerdLog: filepath.Join(t.TempDir(), "herd.log"),
		Size: 10, Runs: 8, TestLimit: time.Minute, HerdLimit: time.Minute,
	}
	l.cfg.Spec.Accel = trial.AccelTCG
	l.cfg.Events = func(trial.Event) {}
	l.cfg.Boots.Plugin = func(_ context.Context, cfg weakmem.Config) (weakmem.Plugin, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.policies = append(l.policies, cfg.Policy)
		return weakmem.Plugin{Path: "p.so"}, nil
	}
	var log strings.Builder
	for _, name := range names {
		l.add(t, name, "AArch64 "+name+"\n{}\n P0 | P1 ;\n NOP | NOP ;\nexists (0:X0=1)\n")
		fmt.Fprintf(&log, "Test %s Allowed\nStates 2\n0:X0=0;\n0:X0=1;\nOk\nObservation %s Sometimes 1 1\n", name, name)
	}
	require.NoError(t, os.WriteFile(l.cfg.HerdLog, []byte(log.String()), 0o600))
	return l
}

func (l *litmusLab) add(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(l.dir, name+".litmus")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	l.programs++ // each has its code elsewhere, so that one boot runs them all
	var threads []rigtest.Function
	for i := range 4 {
		threads = append(threads, rigtest.Nops(fmt.Sprintf("code%d", i), 0x1000*l.programs+16*uint64(i), 4))
	}
	require.NoError(t, rigtest.WriteELF(filepath.Join(l.cfg.Binaries, filepath.Base(name)+".exe"), threads...))
}

// counts is a guest's good answer.
func counts(job wire.LitmusJob) *wire.LitmusResult {
	return &wire.LitmusResult{
		Name: job.Name, End: wire.LitmusOK, States: map[string]uint64{"0:X0=1;": uint64(job.Size * job.Runs)}, Fulfilled: 1, ElapsedNS: 1,
	}
}
