// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/objfile"
)

// Analyse finds the scope of the bug in a built kernel and says whether the
// copy is ordered before the publishing stores.
//
// The rule for a publishing store stands with findPublishers. A copy is a call of a Copy function, or, where the compiler copies inline, a
// store on a source line that calls one or in its inlined code. Where no store
// matches, Ordered is unknown.
//
// Where the debug information cannot be used the Analysis is Approximate. An
// error means that even that could not be had.
func Analyse(ctx context.Context, cfg Config) (Analysis, error) {
	if err := cfg.Validate(); err != nil {
		return Analysis{}, fault.Wrap(fault.Rig, "", err)
	}
	im, err := elfcode.Open(cfg.Vmlinux, fault.Kernel)
	if err != nil {
		return Analysis{}, err
	}
	defer im.Close()
	if im.File.Machine != cfg.Arch.Machine {
		return Analysis{}, fault.Newf(fault.Kernel, "read "+cfg.Vmlinux, "it is for %s, not %s", im.File.Machine, cfg.Arch.Machine)
	}
	copies := im.Addresses(cfg.Copy)
	if len(copies) == 0 {
		return Analysis{}, fault.Newf(fault.Kernel, "read "+cfg.Vmlinux, "no symbol %s", strings.Join(cfg.Copy, ", "))
	}
	patched, err := im.PatchedCode()
	if err != nil {
		return Analysis{}, fault.Wrap(fault.Kernel, "read "+cfg.Vmlinux, err)
	}
	s := &study{cfg: cfg, im: im, copies: copies, called: newCalls(im, patched)}
	if err := s.load(ctx); err != nil {
		if ctx.Err() != nil {
			return Analysis{}, err
		}
		return s.approximate(ctx, err)
	}
	return s.run(ctx)
}

// run does the analysis on the code in vmlinux.
func (s *study) run(ctx context.Context) (Analysis, error) {
	a := Analysis{Inlined: s.place.ranges(s.info.body, s.im)}
	var code []insn.Instruction
	for _, r := range s.place.functions() {
		part, err := s.im.Instructions(r)
		if err != nil {
			return a, fault.Wrap(fault.Kernel, "disassemble "+r.Symbol, err)
		}
		code = append(code, part...)
	}
	g := s.called.graph(code)
	g.through = s.called.through
	copies := s.findCopies(g, &a)
	arrive := g.arrivals(copies)
	goals := s.findPublishers(g, &a, copies, arrive)
	s.findScope(g, &a, copies, arrive, goals)
	for i := range copies {
		a.Copies = append(a.Copies, g.code[i].Addr)
	}
	slices.Sort(a.Copies)
	s.findBarriers(g, &a, g.between(goals, copies, arrive))
	s.conclude(g, &a, arrive, len(copies))
	a.Ways = s.ways(g, copies, goals)
	var err error
	s.library, err = readLibrary(ctx, s.cfg, s.im, a.Scope)
	a.Listing = s.list(g, a)
	return a, err
}

// findCopies returns the instructions that copy.
func (s *study) findCopies(g *graph, a *Analysis) map[int]bool {
	calls := callOf(s.cfg.Copy)
	inlined := s.place.ranges(s.info.copies, s.im)
	copies := map[int]bool{}
	for i, in := range g.code {
		if !coderange.Within(a.Inlined, in.Addr) {
			continue
		}
		direct := in.Flow == insn.FlowCall || in.Flow == insn.FlowJump
		src := s.source(in.Addr)
		switch {
		case direct && s.copies[in.Target]:
			a.CopyCalls = append(a.CopyCalls, in.Addr)
		case in.Copies:
		case in.Store && !in.Stack && (coderange.Within(inlined, in.Addr) || calls.MatchString(src.Source)):
		default:
			continue
		}
		copies[i] = true
		if a.Container == "" {
			a.Container, _ = s.im.Symbol(in.Addr)
		}
	}
	return copies
}

// callOf matches C source that calls one of names.
func callOf(names []string) *regexp.Regexp {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	return regexp.MustCompile(`\b(` + strings.Join(quoted, "|") + `)\s*\(`)
}

func (s *study) findBarriers(g *graph, a *Analysis, between []bool) {
	for i, in := range g.code[:g.own] {
		if !coderange.Within(a.Scope, in.Addr) {
			continue
		}
		b := Barrier{Addr: in.Addr, Text: in.Text, Kind: in.Barrier, Between: between[i]}
		for _, p := range a.Publish {
			if p.Addr == in.Addr && p.Release {
				b.Kind, b.Between = insn.BarrierRelease, true
			}
		}
		if b.Kind != "" {
			a.Barriers = append(a.Barriers, b)
		}
	}
}

func (s *study) conclude(g *graph, a *Analysis, arrive []arrival, copies int) {
	a.Ordered = overall(a.Publish)
	lost, isLost := g.lostAfterCopy(arrive)
	switch {
	case copies == 0:
		a.Reason = "no copy found in the code of " + s.cfg.Function
	case len(a.Publish) == 0:
		a.Reason = "no publishing store found behind the copy"
	case s.cfg.Arch.TSO:
		a.Reason = "TSO: " + s.cfg.Arch.Name + " never lets a store overtake an older one"
	case isLost && a.Ordered != OrderNo && a.Ordered != OrderPartly:
		a.Ordered, a.Reason = OrderUnknown, "an indirect jump behind the copy: "+lost.Text
	case a.Ordered == OrderUnknown:
		a.Reason = "between the copy and the store stands code whose effect is not known"
	}
}

// findPublishers finds the stores that publish the copy, and judges them. One is
// a store of 8 bytes, not relative to the stack pointer, in the function's code by
// the debug information (inlined or not), that a path from a copy reaches and that
// is no part of the copy. Where some of those stand on source lines that name
// Count, others are left out that lead to one of these, or follow one: a patch may
// store elsewhere on the way, and that publishes nothing. Where no
// store matches, Ordered is unknown.
func (s *study) findPublishers(g *graph, a *Analysis, copies map[int]bool, arrive []arrival) []int {
	var goals []int
	for i, in := range g.code {
		if in.Store && !in.Stack && in.Width == 8 && !copies[i] && arrive[i] != 0 && coderange.Within(a.Inlined, in.Addr) {
			goals = append(goals, i)
		}
	}
	goals = s.publishing(g, goals, copies)
	for _, i := range goals {
		in := g.code[i]
		st := Store{Addr: in.Addr, Text: in.Text, Line: s.source(in.Addr).Line, Release: in.Release, Ordered: judge(in, arrive[i])}
		if s.cfg.Arch.TSO {
			st.Ordered = OrderYes
		}
		a.Publish = append(a.Publish, st)
	}
	return goals
}

// publishing leaves out the stores that Count tells to be no publications.
func (s *study) publishing(g *graph, candidates []int, copies map[int]bool) []int {
	if s.cfg.Count == "" {
		return candidates
	}
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(s.cfg.Count) + `\b`)
	var named []int
	isNamed := map[int]bool{}
	for _, i := range candidates {
		if word.MatchString(s.source(g.code[i].Addr).Source) {
			named, isNamed[i] = append(named, i), true
		}
	}
	if len(named) == 0 {
		return candidates
	}
	before, behind := g.leadsTo(named, copies), g.reachedFrom(named, copies)
	var out []int
	for _, i := range candidates {
		if isNamed[i] || !before[i] && !behind[i] {
			out = append(out, i)
		}
	}
	return out
}

// reachedFrom marks what a path from one of starts reaches without passing a copy.
func (g *graph) reachedFrom(starts []int, copies map[int]bool) []bool {
	seen := make([]bool, len(g.code))
	work := append([]int(nil), starts...)
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for _, j := range g.next[i] {
			if !seen[j] {
				if seen[j] = true; !copies[j] {
					work = append(work, j)
				}
			}
		}
	}
	return seen
}

// study is one analysis at work.
type study struct {
	cfg    Config
	im     *elfcode.Image
	copies map[uint64]bool // addresses of the copy functions
	info   *debugInfo
	place  layout
	called *calls
	// library is filled last: only the listing needs it.
	library library
}

// load compiles the side object and finds the function's code in vmlinux.
func (s *study) load(ctx context.Context) error {
	path, err := s.cfg.Debug, error(nil)
	if path == "" {
		path, err = CompileDebug(ctx, s.cfg.BuildDir, s.cfg.Object, s.cfg.OutDir, s.cfg.Sandbox)
	}
	if err != nil {
		return err
	}
	debug, err := objfile.Open(path)
	if err != nil {
		return err
	}
	defer debug.Close()
	built, err := objfile.Open(filepath.Join(s.cfg.BuildDir, s.cfg.Object))
	if err != nil {
		return err
	}
	defer built.Close()
	d, err := debug.DWARF()
	if err != nil {
		return err
	}
	if s.info, err = readDebugInfo(d, s.cfg.Function, s.cfg.Copy, s.cfg.BuildDir); err != nil {
		return fault.Wrap(fault.Rig, "read "+path, err)
	}
	s.info.files.replace(s.cfg.Object, s.cfg.Source)
	for _, r := range s.info.body {
		if f, ok := debug.FunctionAt(r.Start); ok {
			if err := sameAsBuilt(built, debug, f, s.info.body); err != nil {
				return err
			}
		}
	}
	s.place, err = newLayout(s.im, debug, s.info.body)
	return err
}

// source gives the source line of the code at addr in vmlinux.
func (s *study) source(addr uint64) elfcode.Line {
	l := s.im.Line(insn.Instruction{Addr: addr})
	if at, ok := s.place.toObject(addr); ok {
		r := s.info.lines.At(at)
		l.File, l.Line, l.Source = r.File, r.Line, s.info.files.text(r.File, r.Line)
	}
	return l
}

// list disassembles the body, then the callees, then the functions on the way.
func (s *study) list(g *graph, a Analysis) []elfcode.Line {
	var body []elfcode.Line
	for _, in := range g.code[:g.own] {
		for _, r := range a.Scope {
			if r.Role == coderange.Body && r.Holds(in.Addr) {
				l := s.source(in.Addr)
				l.Text = in.Text
				body = append(body, l)
				break
			}
		}
	}
	return append(append(body, s.listWhole(a.Scope, coderange.Callee)...), s.listWhole(a.Scope, coderange.Path)...)
}

// listWhole disassembles the ranges of a role, with the source of those in the library.
func (s *study) listWhole(scope []coderange.Range, role coderange.Role) []elfcode.Line {
	var out []elfcode.Line
	for _, r := range scope {
		if r.Role != role {
			continue
		}
		code, err := s.im.Instructions(r)
		if err != nil {
			continue // it was readable when the scope was found
		}
		for _, in := range code {
			out = append(out, s.library.source(s.im.Line(in)))
		}
	}
	return out
}
