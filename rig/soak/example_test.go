// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	ledgers "kcovrig/guest/soak"
	"kcovrig/guest/wire"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/soak"
)

// One soak in which nothing was lost, and one whose patched kernel shows hits, which the
// memory model forbids there. Without the lab's fakes the same call builds both kernels
// and boots them under the memory emulator.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	kept := map[string]uint64{} // what the guest says of its ledgers: each did its part
	for _, name := range ledgers.Counts() {
		kept[name] = 1
	}
	hello := &wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2, Workloads: []string{scenario.Default, ledgers.Name}}
	unpatched := rigtest.Guest{Hello: hello, Counts: kept, HitEvery: 2}
	for name, patched := range map[string]rigtest.Guest{
		"sound":   {Hello: hello, Counts: kept},
		"unsound": {Hello: hello, Counts: kept, HitEvery: 2},
	} {
		cfg := rigtest.NewLab(unpatched, patched).ConfigIn(dir, filepath.Join(dir, name))
		cfg.Spec.Duration = 2 * time.Second
		cfg.Boots.Counters = func(string) (map[string]uint64, error) { // the emulator was put to the test
			return map[string]uint64{"delayed": 9, "passed": 9, "forwarded": 9, "leaveDrains": 9, "remoteDrains": 9, "orders": 9}, nil
		}
		_, err := soak.Run(context.Background(), cfg)
		fmt.Printf("%s: %v\n", name, errors.Is(err, soak.ErrUnsound))
	}
	// Unordered output:
	// sound: false
	// unsound: true
}
