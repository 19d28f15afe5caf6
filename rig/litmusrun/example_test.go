// SPDX-License-Identifier: Apache-2.0

package litmusrun_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/litmusrun"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

const test = `AArch64 MP+dmb.st+po
{ 0:X1=x; 0:X3=y; 1:X1=y; 1:X3=x; }
 P0          | P1          ;
 MOV W0,#1   | LDR W0,[X1] ;
 STR W0,[X1] | LDR W2,[X3] ;
 DMB ST      |             ;
 MOV W2,#1   |             ;
 STR W2,[X3] |             ;
exists (1:X0=1 /\ 1:X2=0)
`

// What herd7 says of it: the reader may see the second store and not the first.
const allowed = `Test MP+dmb.st+po Allowed
States 4
1:X0=0; 1:X2=0;
1:X0=0; 1:X2=1;
1:X0=1; 1:X2=0;
1:X0=1; 1:X2=1;
Ok
Observation MP+dmb.st+po Sometimes 1 3
`

// A guest runs a test, and each final state that it saw is held against those that herd7
// allows. Without the lab's fakes the same call boots the guest under the memory emulator;
// without the log and the binaries it asks herd7, and has the programs made by litmus7.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "litmusrun-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	herd, file := filepath.Join(dir, "herd.log"), filepath.Join(dir, "MP+dmb.st+po.litmus")
	program := rigtest.WriteELF(filepath.Join(dir, "MP+dmb.st+po.exe"),
		rigtest.Nops("code0", 0x1000, 4), rigtest.Nops("code1", 0x1010, 4))
	if err := errors.Join(program, os.WriteFile(herd, []byte(allowed), 0o600), os.WriteFile(file, []byte(test), 0o600)); err != nil {
		panic(err)
	}
	guest := rigtest.Guest{
		Hello: &wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2},
		Litmus: func(job wire.LitmusJob) *wire.LitmusResult {
			return &wire.LitmusResult{Name: job.Name, End: wire.LitmusOK, States: map[string]uint64{"1:X0=1; 1:X2=0;": uint64(job.Size * job.Runs)}, Fulfilled: 1}
		},
	}
	cfg := litmusrun.Config{
		Config: rigtest.NewLab(guest, guest).ConfigIn(dir, filepath.Join(dir, "out")), Paths: []string{file}, Binaries: dir, HerdLog: herd,
		Size: 10, Runs: 8, TestLimit: time.Minute, HerdLimit: time.Minute,
	}
	cfg.Spec.Accel = trial.AccelTCG
	report, err := litmusrun.Run(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	for _, t := range report.Tests {
		fmt.Printf("%s: %s, of %d states that are allowed %d were seen\n", t.Name, t.Outcome, len(t.Allowed), len(t.States))
	}
	// Output:
	// MP+dmb.st+po: sound, of 4 states that are allowed 1 were seen
}
