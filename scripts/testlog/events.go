// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	FailedBuild string
	Elapsed     float64 // seconds
}

// Summary is what the events added up to. Names are "package.Test".
type Summary struct {
	Passed  int
	Failed  []string
	Skipped []string
	Times   map[string]float64         // seconds, of tests that ended, subtests not among them
	ended   map[string]map[string]bool // test's name to package: it passed, and skipped no part of it
	ok      []string                   // packages that passed
}

// Whole lists the packages of which nothing is left to run: each test passed, and
// skipped no part. Those of again are not among them.
func (s Summary) Whole(again []string) []string {
	left := slices.Clone(again)
	for _, packages := range s.ended {
		for pkg, passed := range packages {
			if !passed {
				left = append(left, pkg)
			}
		}
	}
	var whole []string
	for _, pkg := range s.ok {
		if !slices.Contains(left, pkg) {
			whole = append(whole, pkg)
		}
	}
	slices.Sort(whole)
	return whole
}

// Pattern matches the names of the tests that passed whole, in every package
// that has one of that name, leaving out those of the packages again.
func (s Summary) Pattern(again []string) string {
	var names []string
	for name, packages := range s.ended {
		whole := true
		for pkg, passed := range packages {
			whole = whole && passed && !slices.Contains(again, pkg)
		}
		if whole {
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	slices.Sort(names)
	return "^(" + strings.Join(names, "|") + ")$"
}

// end notes how a test ended, or a part of one.
func (s *Summary) end(e event) {
	name, _, part := strings.Cut(e.Test, "/")
	if s.ended[name] == nil {
		s.ended[name] = map[string]bool{}
	}
	before, known := s.ended[name][e.Package]
	s.ended[name][e.Package] = e.Action == "pass" && (before || !known)
	if !part && e.Elapsed > 0 {
		s.Times[e.Package+"."+e.Test] = e.Elapsed
	}
}

// Slowest names the n tests that took longest, with their seconds, the slowest first.
func (s Summary) Slowest(n int) []string {
	names := slices.SortedFunc(maps.Keys(s.Times), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Times[b], s.Times[a]), strings.Compare(a, b))
	})
	var out []string
	for _, name := range names[:min(n, len(names))] {
		out = append(out, fmt.Sprintf("%5.0f s  %s", s.Times[name], name))
	}
	return out
}

// Err says why the run as a whole is not a success, or nil.
func (s Summary) Err() error {
	var errs []error
	if len(s.Failed) > 0 {
		errs = append(errs, fmt.Errorf("FAIL: failed: %s", strings.Join(s.Failed, " ")))
	}
	if len(s.Skipped) > 0 {
		errs = append(errs, fmt.Errorf("FAIL: skipped, so not checked: %s", strings.Join(s.Skipped, " ")))
	}
	if s.Passed == 0 {
		errs = append(errs, errors.New("FAIL: no test passed"))
	}
	return errors.Join(errs...)
}

// Copy reads events from r to its end and writes to w the lines of packages,
// and all lines of each test that failed or was skipped. A line that is no
// event (a linker's warning, say) is passed on.
func Copy(w io.Writer, r io.Reader) (Summary, error) {
	sum := Summary{Times: map[string]float64{}, ended: map[string]map[string]bool{}}
	kept := map[string][]string{}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			if _, err := fmt.Fprintf(w, "%s\n", in.Bytes()); err != nil {
				return sum, err
			}
			continue
		}
		for _, text := range sum.take(e, kept) {
			if _, err := io.WriteString(w, text); err != nil {
				return sum, err
			}
		}
	}
	return sum, in.Err()
}

// take counts e and returns what is to be printed now. A test's output is held
// in kept until the test ends, under its package's name and its own.
func (s *Summary) take(e event, kept map[string][]string) []string {
	name := e.Package + "." + e.Test
	if e.Test != "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
		s.end(e)
	}
	switch {
	case e.Action == "output" && e.Test != "":
		kept[name] = append(kept[name], e.Output)
	case e.Action == "output":
		return []string{e.Output}
	case e.Action == "build-output":
		return []string{e.Output}
	case e.Action == "build-fail":
		s.Failed = append(s.Failed, e.ImportPath+" (build)")
	case e.Action == "fail" && e.Test == "" && e.FailedBuild == "":
		s.failPackage(e.Package)
		return unfinished(e.Package, kept)
	case e.Action == "pass" && e.Test == "":
		s.ok = append(s.ok, e.Package)
	case e.Test == "":
	case e.Action == "pass":
		s.Passed++
		delete(kept, name)
	case e.Action == "fail":
		s.Failed = append(s.Failed, name)
		return flush(kept, name)
	case e.Action == "skip":
		s.Skipped = append(s.Skipped, name)
		return flush(kept, name)
	}
	return nil
}

// failPackage names the package itself where no test of it has failed: a panic,
// a timeout, or a TestMain that gave up.
func (s *Summary) failPackage(pkg string) {
	for _, f := range s.Failed {
		if strings.HasPrefix(f, pkg+".") {
			return
		}
	}
	s.Failed = append(s.Failed, pkg)
}

// unfinished returns the output of tests of pkg that never ended: what a panic
// or a timeout printed belongs to one of them.
func unfinished(pkg string, kept map[string][]string) []string {
	var names []string
	for name := range kept {
		if strings.HasPrefix(name, pkg+".") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var out []string
	for _, name := range names {
		out = append(out, flush(kept, name)...)
	}
	return out
}

func flush(kept map[string][]string, name string) []string {
	out := kept[name]
	delete(kept, name)
	return out
}
