// SPDX-License-Identifier: Apache-2.0

// Package linetable goes from the lines that a patch changes to the functions of an
// object file whose code holds them, by the debug information that a compiler wrote.
// It owns where hunks stand in a source file, which functions hold those lines, as
// clones and inlined too, and who calls them directly. It leaves applying patches to
// rig/internal/kernel, where the functions lie in a linked kernel and what their
// instructions do to rig/internal/objcode, and what is done with them to rig/kernels.
package linetable

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/objfile"
)

// Request says which functions of an object are wanted.
type Request struct {
	Object  string   // path of a relocatable file with debug information
	Source  string   // what it was compiled from, below the tree: tells where the tree lies
	Changes []Change // whose lines the functions hold
	Callers int      // how many steps of direct calls within the object lead there at most
	Named   []string // functions, with what the compiler made of them
}

// Calls begins the Why of a function that calls one which was found, Named is that of one
// that was asked for by name.
const (
	Calls = "calls "
	Named = "named"
)

// Function is a function of the object, a clone or a part of one.
type Function struct {
	Symbol  string
	Section string
	Start   uint64 // in its section
	Size    uint64
	Why     string        // "kernel/fork.c:988 in hunk 1", "calls copy_mm", "named"
	Lines   objfile.Lines // of its code, by distance from Start
	// Inlined is what of other functions was inlined into it, by distance from Start.
	Inlined []objfile.Body
}

// Find returns the functions, by section and address. None is no error: another
// object may have them.
func Find(req Request) ([]Function, error) {
	op := "find the functions of changed lines in " + req.Object
	o, err := objfile.Open(req.Object)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	d, err := o.DWARF()
	if err != nil {
		return nil, err
	}
	s := &search{object: o, why: map[uint64]string{}, codeOf: map[place][]uint64{}}
	if err := s.readCode(d, req.Source); err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	for _, c := range req.Changes {
		s.addChange(c)
	}
	for _, name := range req.Named {
		s.addInstances(name, Named)
		for _, f := range o.Named(name) {
			s.add(f.Value, Named)
		}
	}
	s.addParts()
	if req.Callers > 0 {
		if err := s.addCallers(req.Callers); err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
	}
	s.addParts()
	return s.result(), nil
}

// place is a line of a file below the tree.
type place struct {
	path string
	line int
}

// search is one Find at work.
type search struct {
	object *objfile.Object
	lines  objfile.Lines
	codeOf map[place][]uint64 // where code of a line begins
	bodies []objfile.Body     // all that functions became
	heads  []head             // where functions begin in the source, sorted
	why    map[uint64]string  // of the functions found, by address
}

// add puts the function that holds the code at addr into the result, once.
func (s *search) add(addr uint64, why string) {
	if f, ok := s.object.FunctionAt(addr); ok && s.why[f.Value] == "" {
		s.why[f.Value] = why
	}
}

// addChange adds the functions that hold the changed lines and, of the lines beside
// them, the nearest that became code: a barrier that is missing has no line of its own.
func (s *search) addChange(c Change) {
	take := func(line int) bool {
		at := place{c.Path, line}
		addrs := s.codeOf[at]
		why := fmt.Sprintf("%s:%d in hunk %d", c.Path, line, c.Hunk)
		for _, addr := range addrs {
			s.add(addr, why)
		}
		if name := s.sourceFunction(at); len(addrs) > 0 && name != "" {
			s.addInstances(name, fmt.Sprintf("has code of %s, which holds %s", name, why))
		}
		return len(addrs) > 0
	}
	for _, line := range c.Lines {
		take(line)
	}
	for _, neighbours := range [][]int{c.Before, c.After} {
		for _, line := range neighbours {
			if take(line) {
				break
			}
		}
	}
}

// sourceFunction names the function whose text holds a line: the last that begins
// before it.
func (s *search) sourceFunction(at place) string {
	i, found := slices.BinarySearchFunc(s.heads, at, func(h head, at place) int { return h.place.compare(at) })
	if !found {
		i--
	}
	if i < 0 || s.heads[i].path != at.path {
		return ""
	}
	return s.heads[i].name
}

func (p place) compare(q place) int {
	return cmp.Or(strings.Compare(p.path, q.path), cmp.Compare(p.line, q.line))
}

// addInstances adds what holds code of the named function of the source: itself, its
// clones and parts, and what it was inlined into.
func (s *search) addInstances(name, why string) {
	for _, b := range s.bodies {
		if b.Name == name {
			s.add(b.Start, why)
		}
	}
}

// addParts adds the cold part of each function found, and the function that a cold
// part was split off: control goes from one to the other as in one function.
func (s *search) addParts() {
	functions := s.object.Functions()
	have := map[string]bool{}
	for _, f := range functions {
		whole, _, _ := strings.Cut(f.Name, cold)
		have[whole] = have[whole] || s.why[f.Value] != ""
	}
	for _, f := range functions {
		if whole, _, _ := strings.Cut(f.Name, cold); have[whole] {
			s.add(f.Value, "a part of "+whole)
		}
	}
}

// cold is what a compiler adds to the name of what it takes out of a function.
const cold = ".cold"

// addCallers adds who calls what was found, and so on.
func (s *search) addCallers(depth int) error {
	if m := s.object.File.Machine; m != elf.EM_AARCH64 {
		return fmt.Errorf("no look at the calls of %s code", m)
	}
	calls, err := s.calls()
	if err != nil {
		return err
	}
	for range depth {
		found := map[uint64]string{}
		for _, c := range calls {
			if s.why[c.target] != "" && s.why[c.from] == "" && found[c.from] == "" {
				f, _ := s.object.FunctionAt(c.target)
				found[c.from] = Calls + f.Name
			}
		}
		for addr, why := range found {
			s.why[addr] = why
		}
	}
	return nil
}

func (s *search) result() []Function {
	var out []Function
	for _, f := range s.object.Functions() {
		why := s.why[f.Value]
		if why == "" || f.Size == 0 {
			continue
		}
		delete(s.why, f.Value) // a second name of the same code
		start := f.Value - s.object.Base(f.Section)
		out = append(out, Function{
			Symbol: f.Name, Section: s.object.File.Sections[f.Section].Name, Start: start, Size: f.Size, Why: why,
			Lines: s.linesOf(f), Inlined: s.inlinedInto(f),
		})
	}
	slices.SortFunc(out, func(a, b Function) int {
		return cmp.Or(strings.Compare(a.Section, b.Section), cmp.Compare(a.Start, b.Start))
	})
	return out
}

// linesOf are the rows of a function, with the row that its first instruction is in.
func (s *search) linesOf(f elf.Symbol) objfile.Lines {
	first := s.lines.At(f.Value)
	out := objfile.Lines{{File: first.File, Line: first.Line}}
	for _, r := range s.lines {
		if r.Addr > f.Value && r.Addr < f.Value+f.Size {
			out = append(out, objfile.Row{Addr: r.Addr - f.Value, File: r.File, Line: r.Line})
		}
	}
	return out
}

// inlinedInto is what a function holds of others, with the lines that call them.
func (s *search) inlinedInto(f elf.Symbol) []objfile.Body {
	var out []objfile.Body
	for _, b := range s.bodies {
		if b.CallLine > 0 && b.Start >= f.Value && b.End <= f.Value+f.Size {
			b.Start, b.End = b.Start-f.Value, b.End-f.Value
			out = append(out, b)
		}
	}
	return out
}

// head is where a function begins in the source.
type head struct {
	place
	name string
}

// readCode reads the line tables and what became of the source's functions. Files are
// named as from the tree.
func (s *search) readCode(d *dwarf.Data, source string) error {
	var err error
	if s.lines, err = objfile.ReadLines(d); err != nil {
		return err
	}
	units, err := readUnits(d, source)
	if err != nil {
		return err
	}
	for i, r := range s.lines {
		s.lines[i].File = units.below(r.File)
		if i+1 < len(s.lines) && r.Line > 0 && s.lines[i+1].Addr > r.Addr {
			at := place{s.lines[i].File, r.Line}
			s.codeOf[at] = append(s.codeOf[at], r.Addr)
		}
	}
	if s.bodies, err = objfile.ReadBodies(d); err != nil {
		return err
	}
	for i, b := range s.bodies {
		s.bodies[i].CallFile = units.below(b.CallFile)
	}
	s.heads = units.heads
	slices.SortFunc(s.heads, func(a, b head) int {
		return cmp.Or(a.place.compare(b.place), strings.Compare(a.name, b.name))
	})
	return nil
}
