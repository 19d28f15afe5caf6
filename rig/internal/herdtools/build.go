// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// litmus7's options. -a below the number of a test's threads would drop the
// test without a word; LDAPR needs armv8.3; without "-affinity none" threads
// would be bound to CPUs that the guest may not have.
var options = []string{
	"-mach", "aarch64", "-gcc", "aarch64-linux-gnu-gcc", "-ccopts", "-O2 -march=armv8.3-a", "-linkopt", "-static",
	"-mode", "std", "-ascall", "true", "-affinity", "none", "-a", "8", "-s", "1000", "-r", "10",
}

// Programs are linked where no other of the same set is, since the emulator
// finds code by its virtual address: a program is well below segmentStep.
const (
	segmentBase = 0x1_0000_0000
	segmentStep = 0x40_0000
)

// libC is what programs are linked with.
var libC = "/usr/aarch64-linux-gnu/lib/libc.a"

// BuildConfig says what to build and where it is kept.
type BuildConfig struct {
	Tests    []Source
	Sleeping bool // threads sleep at the barrier before each iteration: for more threads than the host has CPUs
	CacheDir string
	Jobs     int
}

// Build makes a program of each test, or takes the set from the cache, and
// returns their paths by the tests' names. A test that litmus7 or the compiler
// does not take is missing in it; log says why.
func Build(ctx context.Context, c BuildConfig) (programs map[string]string, log string, err error) {
	const op = "build the litmus tests"
	dir := filepath.Join(c.CacheDir, "litmus", key(c))
	log = filepath.Join(dir, "build.log")
	if _, err := os.Stat(dir); err != nil {
		if err := makeSet(ctx, c, dir); err != nil {
			return nil, "", fault.Wrap(fault.Rig, op, err)
		}
	}
	programs = map[string]string{}
	for _, t := range c.Tests {
		path := filepath.Join(dir, t.Name+".exe")
		if _, err := os.Stat(path); err == nil {
			programs[t.Name] = path
		}
	}
	return programs, log, nil
}

func (c BuildConfig) barrier() string {
	if c.Sleeping {
		return "pthread"
	}
	return "userfence"
}

// key names the set by all that its programs depend on.
func key(c BuildConfig) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %d %d\n", options, c.barrier(), segmentBase, segmentStep)
	for _, t := range c.Tests {
		fmt.Fprintf(sum, "%q %q\n", t.Name, t.Text)
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

// makeSet builds aside and renames: a folder of the final name is complete.
func makeSet(ctx context.Context, c BuildConfig, dir string) error {
	litmus, err := Find("litmus7", c.CacheDir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(libC); err != nil {
		return &fault.Error{Kind: fault.Rig, Op: "find arm64's C library", Err: err, Try: Install}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	src, out := filepath.Join(work, "src"), filepath.Join(work, "out")
	if err := errors.Join(os.Mkdir(src, 0o755), os.Mkdir(out, 0o755)); err != nil {
		return err
	}
	files, err := write(work, c.Tests)
	if err != nil {
		return err
	}
	made := filepath.Join(out, "litmus7.log")
	if _, err := proc.Run(ctx, proc.Command{
		Path: litmus, Args: slices.Concat(options, []string{"-barrier", c.barrier(), "-o", src}, files), Dir: work,
		Log: made, Kind: fault.User, Op: "run litmus7",
	}); err != nil {
		return err
	}
	if err := compile(ctx, c, src, out); err != nil {
		return err
	}
	if err := disk.Move(ctx, out, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// compile runs the Makefile that litmus7 left, with an address for each program.
func compile(ctx context.Context, c BuildConfig, src, out string) error {
	var addresses strings.Builder
	var targets []string
	for i, t := range c.Tests {
		if _, err := os.Stat(filepath.Join(src, t.Name+".c")); err != nil {
			continue // litmus7 said why
		}
		target := t.Name + ".exe"
		targets = append(targets, target)
		fmt.Fprintf(&addresses, "%s: LINKOPTS = -static -Wl,-Ttext-segment=%#x\n", target, segmentBase+i*segmentStep)
	}
	if len(targets) == 0 {
		return fault.Newf(fault.User, "run litmus7", "it took none of the %d tests", len(c.Tests))
	}
	text := "include Makefile\n" + addresses.String()
	if err := os.WriteFile(filepath.Join(src, "addresses.mk"), []byte(text), 0o644); err != nil {
		return err
	}
	args := []string{"-f", "addresses.mk", "-k", "-s", fmt.Sprintf("-j%d", max(1, c.Jobs))}
	// A test that does not compile is missing, and the log says why.
	if _, err := proc.Run(ctx, proc.Command{
		Path: "make", Args: append(args, targets...), Dir: src,
		Log: filepath.Join(out, "build.log"), Kind: fault.User, Op: "compile the litmus tests",
	}); err != nil && ctx.Err() != nil {
		return err
	}
	for _, target := range targets {
		if err := os.Rename(filepath.Join(src, target), filepath.Join(out, target)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
