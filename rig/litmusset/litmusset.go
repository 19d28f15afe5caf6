// SPDX-License-Identifier: Apache-2.0

// Package litmusset makes the large set of litmus tests that the emulator is proved on:
// diycross7 makes them of families of cycles, herd7 says what aarch64.cat allows. It
// owns the families, their order and what is kept of both in the cache; running the
// programs it leaves to rig/internal/herdtools, running the tests to others.
package litmusset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
)

// Config says what to make and where it is kept.
type Config struct {
	CacheDir string
	Families []string      // by name; none: all
	Every    int           // one of so many tests of each family; 0: all
	Turn     int           // which of them: from 0
	Jobs     int           // herd7s at once; 0: one
	Limit    time.Duration // for herd7 on 20 tests
}

// Validate says what is out of range.
func (c Config) Validate() error {
	known := Families()
	for _, name := range c.Families {
		if !slices.ContainsFunc(known, func(f Family) bool { return f.Name == name }) {
			return fault.Newf(fault.User, "", "no family of litmus tests is called %q: %s", name, names(known))
		}
	}
	switch {
	case c.CacheDir == "":
		return fault.Newf(fault.Rig, "", "no cache folder is named")
	case c.Every < 0 || c.Turn < 0 || c.Jobs < 0:
		return fault.Newf(fault.User, "", "a number is negative")
	case c.Limit <= 0:
		return fault.Newf(fault.User, "", "the time limit is not positive")
	}
	return nil
}

func names(families []Family) string {
	var out []string
	for _, f := range families {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}

// Made is a family's tests, in diy's order, and what the model allows.
type Made struct {
	Family
	Tests   []Test
	Allowed map[string]litmus.Allowed // by the tests' names
	Log     []byte                    // herd7's
}

// Test is one test's text; its name is of no other test of the set.
type Test struct{ Name, Text string }

// Make makes the families that c asks for, as far as they are not kept from before.
func Make(ctx context.Context, c Config) ([]Made, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := maker{Config: c}
	var err error
	if m.versions, err = versions(ctx, c.CacheDir); err != nil {
		return nil, err
	}
	var out []Made
	taken := map[string]bool{}
	left := slices.Clone(c.Families)
	for _, f := range Families() { // also those in front of the ones asked for: a test belongs to the first that has it
		if len(c.Families) > 0 && len(left) == 0 {
			break
		}
		tests, err := m.cross(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("the family %s: %w", f.Name, err)
		}
		tests = slices.DeleteFunc(tests, func(t Test) bool {
			was := taken[t.Name]
			taken[t.Name] = true
			return was
		})
		if len(c.Families) > 0 && !slices.Contains(left, f.Name) {
			continue
		}
		left = slices.DeleteFunc(left, func(name string) bool { return name == f.Name })
		made := Made{Family: f, Tests: c.sample(tests)}
		if made.Log, made.Allowed, err = m.ask(ctx, made.Tests); err != nil {
			return nil, fmt.Errorf("the family %s: %w", f.Name, err)
		}
		out = append(out, made)
	}
	return out, nil
}

// sample picks one of every so many.
func (c Config) sample(tests []Test) []Test {
	if c.Every < 2 {
		return tests
	}
	var out []Test
	for i := c.Turn % c.Every; i < len(tests); i += c.Every {
		out = append(out, tests[i])
	}
	return out
}

type maker struct {
	Config
	versions string // of the tools: what they made before another may make differently
}

func versions(ctx context.Context, cacheDir string) (string, error) {
	var out []string
	for _, program := range []string{"diycross7", "herd7"} {
		v, err := herdtools.Version(ctx, cacheDir, program)
		if err != nil {
			return "", err
		}
		out = append(out, v)
	}
	return strings.Join(out, " "), nil
}

// cross has the family's tests made.
func (m maker) cross(ctx context.Context, f Family) ([]Test, error) {
	return kept(m, "tests", f.Crosses, func() ([]Test, error) {
		var out []Test
		for _, c := range f.Crosses {
			limited, cancel := context.WithTimeout(ctx, crossLimit) // for some cycles it searches for ever
			made, err := herdtools.Cross(limited, m.CacheDir, c.Options, c.Edges)
			cancel()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", strings.Join(c.Edges, " "), err)
			}
			for _, t := range made {
				out = append(out, Test(t))
			}
		}
		return out, nil
	})
}

const (
	crossLimit = 5 * time.Minute
	// askedAtOnce are so few that an interrupted run loses little.
	askedAtOnce = 20
)

// ask has herd7 say what the model allows.
func (m maker) ask(ctx context.Context, tests []Test) ([]byte, map[string]litmus.Allowed, error) {
	chunks := slices.Collect(slices.Chunk(tests, askedAtOnce))
	logs := make([][]byte, len(chunks))
	group, at := errgroup.WithContext(ctx)
	group.SetLimit(max(1, m.Jobs))
	for i, chunk := range chunks {
		group.Go(func() (err error) {
			logs[i], err = kept(m, "log", chunk, func() ([]byte, error) { return m.allowed(at, chunk) })
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	log := slices.Concat(logs...)
	allowed, err := litmus.ParseHerdLog(bytes.NewReader(log))
	if err != nil {
		return nil, nil, fault.Wrap(fault.Rig, "read herd7's log", err)
	}
	return log, allowed, nil
}

// allowed is herd7's log, with a result of each test. The only loops are those of
// exclusive pairs. herd7 follows one turn and warns of it: a turn that failed has stored
// nothing, and its load may read what the next turn's reads. Of two turns in two threads
// it thinks for minutes.
func (m maker) allowed(ctx context.Context, tests []Test) ([]byte, error) {
	var sources []herdtools.Source
	for _, t := range tests {
		sources = append(sources, herdtools.Source(t))
	}
	output, err := herdtools.Allowed(ctx, m.CacheDir, "", sources, m.Limit, "-unroll", "1")
	if err != nil {
		return nil, err
	}
	allowed, err := litmus.ParseHerdLog(bytes.NewReader(output.Log))
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "read herd7's log", err)
	}
	for _, t := range tests {
		if _, ok := allowed[t.Name]; !ok {
			return nil, fault.Newf(fault.Rig, "ask herd7 about "+t.Name, "it says nothing of it: %s", output.Said)
		}
	}
	return output.Log, nil
}

// kept is what make made before of the same input with the same tools, or makes now.
func kept[T any](m maker, kind string, input any, make func() (T, error)) (T, error) {
	var out T
	text, err := json.Marshal(input)
	if err != nil {
		return out, fault.Wrap(fault.Rig, "name what is kept of litmus tests", err)
	}
	sum := disk.Sum(fmt.Appendf(nil, "1 %s\n%s\n%s", kind, m.versions, text))
	path := filepath.Join(m.CacheDir, "litmus-set", sum[:32]+"."+kind+".json")
	old, err := os.ReadFile(path)
	if err == nil && json.Unmarshal(old, &out) == nil {
		return out, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return out, fault.Wrap(fault.Rig, "read what is kept of litmus tests", err)
	}
	if out, err = make(); err != nil {
		return out, err
	}
	err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), disk.WriteJSON(path, out))
	return out, fault.Wrap(fault.Rig, "keep litmus tests", err)
}
