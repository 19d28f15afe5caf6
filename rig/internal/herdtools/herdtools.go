// SPDX-License-Identifier: Apache-2.0

// Package herdtools runs litmus7, which makes programs of litmus tests, and
// herd7, which says what final states a memory model allows. It owns looking
// them up, their options and the cache of programs; it leaves the tests' and logs'
// text to rig/litmus, and running the programs to the guest.
package herdtools

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// Install is the command that brings herdtools7.
const Install = "scripts/setup herd, which unpacks herdtools7 into the cache and installs the cross compiler's C library"

// Source is one litmus test; Name is that of its files and program, as FileName
// makes it of the test's.
type Source struct{ Name, Text string }

// FileName is the test's name where that is one that a Makefile, a file system
// and a command line take, and one made of it elsewhere.
func FileName(test string) string {
	if plainName.MatchString(test) && len(test) <= longestName {
		return test
	}
	plain := otherThanPlain.ReplaceAllString(test[:min(len(test), longestName/2)], "_")
	return ("test-" + plain + "-" + disk.Sum([]byte(test)))[:min(len(plain)+14, longestName)]
}

// longestName leaves room for suffixes in what file systems take, 255 bytes.
const longestName = 200

var otherThanPlain = regexp.MustCompile(`[^A-Za-z0-9+._-]+`)

// plainName is one that a Makefile, a file system and a command line take as it is.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._-]*$`)

// Find looks for a program in what scripts/setup unpacked into the cache, then in PATH.
func Find(program, cacheDir string) (string, error) {
	for _, name := range []string{filepath.Join(cacheDir, "herd", "bin", program), program} {
		if path, err := proc.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", &fault.Error{
		Kind: fault.Rig, Op: "find " + program,
		Err: errors.New("herdtools7 is not installed: neither in PATH nor in the cache"), Try: Install,
	}
}

// Output is what herd7 says of the tests that it was asked about together.
type Output struct {
	Log  []byte // with the states of those that it took
	Said string // beside its log: its warnings, and why it refused a test
}

// Allowed asks herd7 which final states aarch64.cat allows for the tests. limit
// bounds the whole: some tests take for ever. Accesses of different sizes to the
// same place are followed only where there are some: it takes longer. log, where
// not empty, is the file that keeps all that herd7 printed; options are herd7's.
func Allowed(ctx context.Context, cacheDir, log string, tests []Source, limit time.Duration, options ...string) (Output, error) {
	herd, err := Find("herd7", cacheDir)
	if err != nil {
		return Output{}, err
	}
	folder, err := disk.NewTempFolder()
	if err != nil {
		return Output{}, fault.Wrap(fault.Rig, "run herd7", err)
	}
	defer folder.Close()
	files, err := write(folder.Dir, tests)
	if err != nil {
		return Output{}, fault.Wrap(fault.Rig, "run herd7", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &fault.Error{
		Kind: fault.User, Op: "run herd7", Err: context.DeadlineExceeded,
		Try: "a longer --herd-limit, or --herd-log with a log made before",
	})
	defer cancel()
	run := proc.Command{Path: herd, Args: slices.Concat(options, []string{"-model", "aarch64.cat"}, files), Dir: folder.Dir, Log: log, Kind: fault.User, Op: "run herd7"}
	result, err := proc.Run(ctx, run)
	if mixedSizes.MatchString(result.Tail) && ctx.Err() == nil {
		run.Args = append([]string{"-variant", "mixed"}, run.Args...)
		result, err = proc.Run(ctx, run)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return Output{Log: result.Stdout, Said: standardError(result.Stdout, result.Tail)}, err
}

var observation = regexp.MustCompile(`(?m)^Observation \S+ (Never|Sometimes|Always) \d+ \d+$`)

// Observation asks herd, the program herd7, about the test in file under the memory
// model of a kernel tree, the folder model: Never, Sometimes or Always.
func Observation(ctx context.Context, herd, model, file string, limit time.Duration) (string, error) {
	op := "ask herd7 about " + filepath.Base(file)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	res, err := proc.Run(limited, proc.Command{
		Path: herd, Args: []string{"-conf", "linux-kernel.cfg", file}, Dir: model, Kind: fault.Rig, Op: op,
	})
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return "", fault.Newf(fault.Rig, op, "no output within %v", limit)
	case err != nil:
		return "", err
	}
	found := observation.FindSubmatch(res.Stdout)
	if found == nil {
		return "", &fault.Error{Kind: fault.Rig, Op: op, Err: errors.New("its output has no Observation"), Tail: proc.LastLines(string(res.Stdout), 10)}
	}
	return string(found[1]), nil
}

// mixedSizes is what herd7 says where a test has accesses of different sizes.
var mixedSizes = regexp.MustCompile(`(?i)illegal mixed-size test|mixed-size test rejected|-variant mixed`)

// standardError is what a program said on its standard error, on one line.
func standardError(stdout []byte, tail string) string {
	printed := map[string]bool{}
	for line := range strings.SplitSeq(string(stdout), "\n") {
		printed[strings.TrimSpace(line)] = true
	}
	var said []string
	for line := range strings.SplitSeq(tail, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !printed[line] {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

// write writes the tests into dir and returns their file names.
func write(dir string, tests []Source) ([]string, error) {
	files := make([]string, 0, len(tests))
	for _, t := range tests {
		if !plainName.MatchString(t.Name) {
			return nil, fault.Newf(fault.User, "use the test "+t.Name, "its name holds other characters than letters, digits and + . _ -")
		}
		name := t.Name + ".litmus"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(t.Text), 0o644); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}
