// SPDX-License-Identifier: Apache-2.0

package doctor_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/doctor"
	"kcovrig/rig/trial"
)

// What this machine lacks for kernels of both architectures, and what mends it. It says
// something else on each machine.
func ExampleExamine() {
	cfg := doctor.Config{Archs: []string{"arm64", "x86_64"}, CacheDir: filepath.Join(os.TempDir(), "cache")}
	checks, err := doctor.Examine(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	for _, check := range checks {
		if !check.OK {
			fmt.Printf("%s: %s (%s)\n", check.Name, check.Detail, check.Fix)
		}
	}
	if err := doctor.Mend(context.Background(), cfg, doctor.Steps(checks), func(line string) { fmt.Println(line) }); err != nil {
		panic(err)
	}
}

// All packages are one step, and the first; what is not required is left to who wants it.
func ExampleSteps() {
	for _, step := range doctor.Steps([]trial.Check{
		{Name: "qemu-system-aarch64", Required: true, Setup: []string{"qemu"}},
		{Name: "flex", Required: true, Setup: []string{"install", "flex"}},
		{Name: "clang", Setup: []string{"install", "clang"}},
		{Name: "bc", Required: true, Setup: []string{"install", "bc"}},
		{Name: "make", Required: true, OK: true, Setup: []string{"install", "make"}},
	}) {
		fmt.Println("scripts/setup", step.Args, "for", step.For)
	}
	// Output:
	// scripts/setup [install flex bc] for [flex bc]
	// scripts/setup [qemu] for [qemu-system-aarch64]
}
