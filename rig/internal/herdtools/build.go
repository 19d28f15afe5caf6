// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"cmp"
	"context"
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

// options are litmus7's. -a below the number of a test's threads would drop the
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

// Program is a test's program, or why there is none.
type Program struct {
	Path string // empty: there is none
	Why  string // what litmus7 or the compiler said
}

// Build makes a program of each test, or takes the set from the cache, and
// returns them by the tests' names.
func Build(ctx context.Context, c BuildConfig) (map[string]Program, error) {
	dir := filepath.Join(c.CacheDir, "litmus", key(c))
	if _, err := os.Stat(dir); err != nil {
		if err := makeSet(ctx, c, dir); err != nil {
			return nil, fault.Wrap(fault.Rig, "build the litmus tests", err)
		}
	}
	programs := map[string]Program{}
	for _, t := range c.Tests {
		p := Program{Path: filepath.Join(dir, t.Name+".exe")}
		if _, err := os.Stat(p.Path); err != nil {
			why, _ := os.ReadFile(filepath.Join(dir, t.Name+whySuffix))
			p = Program{Why: cmp.Or(string(why), "no program of it is in "+dir)}
		}
		programs[t.Name] = p
	}
	return programs, nil
}

// whySuffix is of the files that say why a test of a set has no program.
const whySuffix = ".why"

func (c BuildConfig) barrier() string {
	if c.Sleeping {
		return "pthread"
	}
	return "userfence"
}

// key names the set by all that its programs depend on.
func key(c BuildConfig) string {
	sum := disk.NewHash()
	fmt.Fprintf(sum, "why %q %q %d %d\n", options, c.barrier(), segmentBase, segmentStep)
	for _, t := range c.Tests {
		fmt.Fprintf(sum, "%q %q\n", t.Name, t.Text)
	}
	return sum.Hex()[:32]
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
	work, err := disk.NewFolder(ctx, filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer work.Close()
	src, out := filepath.Join(work.Dir, "src"), filepath.Join(work.Dir, "out")
	if err := errors.Join(os.Mkdir(src, 0o755), os.Mkdir(out, 0o755)); err != nil {
		return err
	}
	files, err := write(work.Dir, c.Tests)
	if err != nil {
		return err
	}
	m := maker{BuildConfig: c, litmus: litmus, work: work.Dir, src: src, out: out}
	if err := m.translate(ctx, files); err != nil {
		return err
	}
	if err := m.compile(ctx); err != nil {
		return err
	}
	if err := disk.Move(ctx, out, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// maker makes one set.
type maker struct {
	BuildConfig
	litmus         string // the program
	work, src, out string // folders: of the tests, of their C, of what is kept
}

// translate makes C of the tests. litmus7 passes over those that it does not
// take; each of them is asked about alone, for what it says, and where one has
// ended it for the rest, these are done again.
func (m maker) translate(ctx context.Context, files []string) error {
	failed := m.runLitmus(ctx, m.src, files) != nil
	var taken []string
	for i, t := range m.Tests {
		if m.made(m.src, t) && !failed {
			continue
		}
		alone, err := os.MkdirTemp(m.work, "alone-")
		if err != nil {
			return err
		}
		err = m.runLitmus(ctx, alone, files[i:i+1])
		switch {
		case ctx.Err() != nil:
			return err
		case err == nil && m.made(alone, t):
			taken = append(taken, files[i])
			continue
		}
		said, _ := os.ReadFile(filepath.Join(alone, litmusLog))
		why := cmp.Or(standardError(nil, string(said)), "it made no program of it and said nothing: are there more than 8 threads?")
		if err := m.refuse(t, "litmus7: "+why); err != nil {
			return err
		}
	}
	if len(taken) == 0 {
		return ctx.Err()
	}
	return m.runLitmus(ctx, m.src, taken)
}

const litmusLog = "litmus7.log"

func (m maker) runLitmus(ctx context.Context, to string, files []string) error {
	_, err := proc.Run(ctx, proc.Command{
		Path: m.litmus, Args: slices.Concat(options, []string{"-barrier", m.barrier(), "-o", to}, files), Dir: m.work,
		Log: filepath.Join(to, litmusLog), Kind: fault.User, Op: "run litmus7",
	})
	return err
}

func (m maker) made(dir string, t Source) bool {
	_, err := os.Stat(filepath.Join(dir, t.Name+".c"))
	return err == nil
}

func (m maker) refuse(t Source, why string) error {
	return os.WriteFile(filepath.Join(m.out, t.Name+whySuffix), []byte(why), 0o644)
}

// compile runs the Makefile that litmus7 left, with an address for each program.
// What does not compile is done alone once more, for what the compiler says.
func (m maker) compile(ctx context.Context) error {
	var addresses strings.Builder
	var tests []Source
	var targets []string
	for i, t := range m.Tests {
		if _, err := os.Stat(filepath.Join(m.out, t.Name+whySuffix)); err == nil {
			continue
		}
		tests, targets = append(tests, t), append(targets, t.Name+".exe")
		fmt.Fprintf(&addresses, "%s.exe: LINKOPTS = -static -Wl,-Ttext-segment=%#x\n", t.Name, segmentBase+i*segmentStep)
	}
	if len(targets) == 0 {
		return nil
	}
	text := "include Makefile\n" + addresses.String()
	if err := os.WriteFile(filepath.Join(m.src, "addresses.mk"), []byte(text), 0o644); err != nil {
		return err
	}
	if _, err := m.runMake(ctx, targets...); err != nil && ctx.Err() != nil {
		return err
	}
	for _, t := range tests {
		program := filepath.Join(m.src, t.Name+".exe")
		if _, err := os.Stat(program); err != nil {
			said, err := m.runMake(ctx, t.Name+".exe")
			if ctx.Err() != nil {
				return err
			}
			if err := m.refuse(t, "the compiler: "+cmp.Or(standardError(nil, said), "it made no program of it")); err != nil {
				return err
			}
			continue
		}
		if err := disk.Place(program, filepath.Join(m.out, t.Name+".exe")); err != nil {
			return err
		}
	}
	return nil
}

// runMake returns the last lines of what was said.
func (m maker) runMake(ctx context.Context, targets ...string) (string, error) {
	args := []string{"-f", "addresses.mk", "-k", "-s", fmt.Sprintf("-j%d", max(1, m.Jobs))}
	result, err := proc.Run(ctx, proc.Command{
		Path: "make", Args: append(args, targets...), Dir: m.src, Kind: fault.User, Op: "compile the litmus tests",
	})
	return result.Tail, err
}
