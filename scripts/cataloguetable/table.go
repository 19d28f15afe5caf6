// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"
)

// Result is the part of kcovrig.result/2 that the table shows.
type Result struct {
	Schema, Verdict string
	Kernel          struct{ Version, Compiler string }
	QEMU            struct{ Version string }
	Words           struct{ Windows string }
	Arms            []Arm

	patch string // of a wrong fix
	day   string // on which it was written
}

// Arm is a kernel in one mode.
type Arm struct {
	Patched             bool
	Outcome             string
	Windows, HitWindows uint64
	FirstHitNS          int64
	StressNS            int64
}

// Entry is what is known of one scenario.
type Entry struct {
	Name        string
	Fix, Native Result
	Wrong       []Result
	OZZ         string // what OZZ's authors say of the bug
}

// Load reads the results of all scenarios in a folder, sorted by their names, and from
// the scenarios' own pages what is known of the bug beside them.
func Load(folder, scenarios fs.FS) ([]Entry, error) {
	files, err := fs.Glob(folder, "*/fix.json")
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, errors.New("no results: want SCENARIO/fix.json"))
	}
	var entries []Entry
	for _, file := range files {
		e := Entry{Name: path.Dir(file)}
		fix, err := load(folder, file)
		native, err2 := load(folder, e.Name+"/native.json")
		if errors.Is(err2, fs.ErrNotExist) {
			err2 = nil // its row says so
		}
		wrong, err3 := fs.Glob(folder, e.Name+"/wrong-*.json")
		ozz, err4 := answerOfOZZ(scenarios, e.Name)
		if err := errors.Join(err, err2, err3, err4); err != nil {
			return nil, err
		}
		e.Fix, e.Native, e.OZZ = fix, native, ozz
		for _, file := range wrong {
			r, err := load(folder, file)
			if err != nil {
				return nil, err
			}
			r.patch = strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "wrong-"), ".json")
			e.Wrong = append(e.Wrong, r)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

var ozzLine = regexp.MustCompile(`(?m)^OZZ: (.+)\.$`)

// answerOfOZZ is what the page of a scenario says of it in a line that begins with "OZZ: ".
func answerOfOZZ(scenarios fs.FS, name string) (string, error) {
	page, err := fs.ReadFile(scenarios, name+"/README.md")
	if err != nil {
		return "", fmt.Errorf("the page of a scenario: %w", err)
	}
	if answer := ozzLine.FindSubmatch(page); answer != nil {
		return string(answer[1]), nil
	}
	return "-", nil
}

func load(folder fs.FS, file string) (Result, error) {
	var r Result
	text, err := fs.ReadFile(folder, file)
	if err != nil {
		return r, err
	}
	info, err := fs.Stat(folder, file)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s: %w", file, err)
	}
	if r.Schema != "kcovrig.result/2" || len(r.Arms) == 0 {
		return r, fmt.Errorf("%s: schema %q with %d kernels, want kcovrig.result/2 with some", file, r.Schema, len(r.Arms))
	}
	r.day = info.ModTime().UTC().Format(time.DateOnly)
	return r, nil
}

// sum is one kernel in all its modes.
type sum struct {
	windows, hits    uint64
	first, longest   time.Duration
	incomplete, seen bool
}

func (r Result) sum(patched bool) sum {
	var s sum
	for _, a := range r.Arms {
		if a.Patched != patched {
			continue
		}
		s.seen = true
		s.windows += a.Windows
		s.hits += a.HitWindows
		s.incomplete = s.incomplete || a.Outcome != "ok"
		s.longest = max(s.longest, time.Duration(a.StressNS))
		if first := time.Duration(a.FirstHitNS); first > 0 && (s.first == 0 || first < s.first) {
			s.first = first
		}
	}
	return s
}

// counts are hits of windows, or why there are none.
func (s sum) counts() string {
	switch {
	case !s.seen:
		return "did not run"
	case s.incomplete:
		return fmt.Sprintf("%d of %d, not ended", s.hits, s.windows)
	}
	return fmt.Sprintf("%d of %d", s.hits, s.windows)
}

// share is that of hits among windows, in percent.
func (s sum) share() string {
	if s.windows == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2g %%", 100*float64(s.hits)/float64(s.windows))
}

func seconds(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2g s", d.Seconds())
}

const head = `<!-- SPDX-License-Identifier: Apache-2.0 -->
# The catalogue

Scenarios that come with kcovrig, each judged with its fix and with wrong ones, and run without the emulator for some seconds: what
scripts/cataloguetable made of the results of "kcovrig compare --json", which scripts/catalogue gets anew, of one scenario or of all: rows of one day need not be of one run. Nothing is here that was not run. Each scenario's README says
what the bug is and how it shows. Rates depend on the host and on its load, and few tries without a hit say little.
[catalogue-seeds.md](catalogue-seeds.md) counts how often each case had which verdict.
OZZ is what its authors say of the same bug (SOSP 2024, and the programs that come with it): one of the eleven new ones that it found, or one of the nine known ones that it was tried on, as it sees an instrumented kernel on x86; "-" is a bug that is among neither.

`

// notToShow says of scenarios whose bug the machine's memory model rules out that this is
// what they are for.
func notToShow(entries []Entry) string {
	var names []string
	for _, e := range entries {
		if e.Fix.Verdict == "no-effect-possible" {
			names = append(names, "["+e.Name+"](../scenarios/"+e.Name+"/README.md)")
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "\nExpected not to show: " + strings.Join(names, ", ") + ". The kernel's memory model allows the bug and the machine's forbids it: *no-effect-possible* is the right answer, and a hit of the unpatched kernel would be a fault of kcovrig. Their wrong fixes take away what orders the two sides, so that it is seen that a hit would be.\n"
}

// Page is docs/catalogue.md.
func Page(entries []Entry) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("| scenario | kernel | unpatched | share | first hit after | patched | verdict | stress | day | OZZ |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, e := range entries {
		bad, good := e.Fix.sum(false), e.Fix.sum(true)
		fmt.Fprintf(&b, "| [%s](../scenarios/%[1]s/README.md) | %s | %s %s | %s | %s | %s | %s | %s | %s | %s |\n", e.Name, e.Fix.Kernel.Version,
			bad.counts(), e.Fix.Words.Windows, bad.share(), seconds(bad.first), good.counts(), e.Fix.Verdict, seconds(max(bad.longest, good.longest)), e.Fix.day, e.OZZ)
	}
	b.WriteString(notToShow(entries))
	b.WriteString("\n## Wrong fixes, and without the emulator\n\n| scenario | wrong fix | unpatched | with it | verdict | unpatched, without the emulator |\n|---|---|---|---|---|---|\n")
	for _, e := range entries {
		native := e.Native.sum(false).counts()
		if len(e.Wrong) == 0 {
			fmt.Fprintf(&b, "| %s | - | - | - | - | %s |\n", e.Name, native)
		}
		for _, w := range e.Wrong {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", e.Name, w.patch, w.sum(false).counts(), w.sum(true).counts(), w.Verdict, native)
		}
	}
	first := entries[0].Fix
	fmt.Fprintf(&b, "\nQEMU %s, %s.\n", first.QEMU.Version, first.Kernel.Compiler)
	return b.String()
}
