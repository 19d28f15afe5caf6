// SPDX-License-Identifier: Apache-2.0

// Package herdtools runs litmus7, which makes programs of litmus tests, and
// herd7, which says what final states a memory model allows. It owns finding
// them, their options and the cache of programs; it leaves the tests' and logs'
// text to rig/litmus, and running the programs to the guest.
package herdtools

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// Install is the command that brings herdtools7.
const Install = "scripts/setup herd, which unpacks herdtools7 into the cache and installs the cross compiler's C library"

// Source is one litmus test.
type Source struct{ Name, Text string }

// names that a Makefile, a file system and a command line take as they are.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._-]*$`)

// Find looks for a program in what set-up unpacked into the cache, then in PATH.
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

// Allowed asks herd7 which final states aarch64.cat allows for the tests, and
// returns its log. limit bounds the whole: some tests take for ever.
func Allowed(ctx context.Context, cacheDir, log string, tests []Source, limit time.Duration) ([]byte, error) {
	herd, err := Find("herd7", cacheDir)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kcovrig-herd-")
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "run herd7", err)
	}
	defer os.RemoveAll(dir)
	files, err := write(dir, tests)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "run herd7", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &fault.Error{
		Kind: fault.User, Op: "run herd7", Err: context.DeadlineExceeded,
		Try: "a longer --herd-limit, fewer tests, or --herd-log with a log made before",
	})
	defer cancel()
	result, err := proc.Run(ctx, proc.Command{
		Path: herd, Args: append([]string{"-model", "aarch64.cat"}, files...), Dir: dir,
		Log: log, Kind: fault.User, Op: "run herd7",
	})
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return result.Stdout, err
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
