// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/linetable"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/objfile"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// fromPatch is the analysis for a scenario that names no two writes: the scope is the
// functions that hold the lines of the patch, who calls them, those that are named, and
// what these call where nothing in that is uncertain.
func fromPatch(cfg Config, image Image, patch string) (Analysis, error) {
	f := &finder{scenario: cfg.Scenario, image: image, objects: image.Objects}
	if err := f.find(patch, !cfg.Arch.TSO); err != nil {
		return Analysis{}, err
	}
	k := Analysis{Ways: objcode.Ways{Why: "the scenario names no two writes"}, Notes: f.notes}
	for _, o := range f.found {
		code := o.code
		if code.Role = coderange.Callee; !o.callee {
			code.Role = coderange.Body
			if !objcode.IsWide(o.named) {
				k.Compared = append(k.Compared, code.Symbol)
			}
		}
		k.Scope = append(k.Scope, code)
	}
	k.Code = trial.Code{Container: append(k.Compared, k.Scope[0].Symbol)[0], Ordered: objcode.OrderUnknown.String(), Barriers: []string{}}
	k.Code.Scope = functionsOf(k.Scope, func(s coderange.Range) string {
		i := slices.IndexFunc(f.found, func(o scoped) bool { return o.code.Start == s.Start })
		return f.found[i].why
	})
	if err := f.disassemble(&k, !cfg.Arch.TSO); err != nil {
		return Analysis{}, err
	}
	return k, nil
}

// Named says whether a function is in scope since the scenario names it.
func Named(f trial.ScopeFunction) bool { return f.Why == linetable.Named }

// OnlyCalls says whether a function is in scope since it calls others of it, and for no
// other reason.
func OnlyCalls(f trial.ScopeFunction) bool { return strings.HasPrefix(f.Why, linetable.Calls) }

// scopeKey names what a scope follows from beside the kernel.
func scopeKey(s scenario.Scenario, patch string) string {
	text, err := json.Marshal([]any{s.Hash, s.Scope, patch})
	if err != nil {
		panic(err) // only plain values come here
	}
	return disk.Sum(text)[:16]
}

// scoped is a function in scope.
type scoped struct {
	code   coderange.Range // in vmlinux
	why    string
	callee bool
	named  string            // what the scenario calls it, where it names it
	lines  objfile.Lines     // by distance from its start; empty: not known
	calls  []objfile.Body    // what was inlined into it, the same way
	other  []coderange.Range // parts for which they do not hold
}

// finder finds the functions of one kernel.
type finder struct {
	scenario scenario.Scenario
	image    Image
	objects  []kernel.Object
	found    []scoped
	added    map[string][]int // lines that the patch at hand added, by file
	ranges   map[string][]lineRange
	notes    []string
	macros   []string // that the patches change
	uses     uses
}

func (f *finder) find(patch string, weak bool) error {
	changes, err := f.changes(patch)
	if err != nil && len(f.scenario.Scope.Kernel) == 0 {
		return err
	}
	texts, err := readSources(f.sources())
	if err != nil {
		return err
	}
	f.macros, f.uses = usesOf(texts, f.objects, changes)
	for file, uses := range f.uses {
		changes[file] = append(changes[file], uses...)
	}
	f.ranges = rangesOf(changes)
	held := map[string]bool{}
	for _, o := range f.objects {
		req := linetable.Request{Object: o.Debug, Source: o.File, Changes: slices.Clone(changes[o.File]), Named: f.functionsNamed()}
		for _, h := range f.image.Headers {
			req.Changes = append(req.Changes, changes[h.File]...)
		}
		if weak { // nothing is reordered on others
			req.Callers = f.scenario.Scope.Callers
		}
		functions, err := linetable.Find(req)
		if err != nil {
			return err
		}
		if err := f.place(o, functions); err != nil {
			return err
		}
		for _, name := range req.Named {
			has, err := linetable.Find(linetable.Request{Object: o.Debug, Source: o.File, Named: []string{name}})
			if err != nil {
				return err
			}
			held[name] = held[name] || len(has) > 0
		}
	}
	for _, name := range f.scenario.Scope.Kernel {
		if held[name] {
			continue
		}
		if err := f.named(name, linetable.Named, false); err != nil { // another object has it
			return err
		}
	}
	for _, name := range f.scenario.Scope.Callees {
		if err := f.named(name, "named, where it is called from the scope", true); err != nil {
			return err
		}
	}
	if weak && !f.scenario.Scope.NoCalls {
		if err := f.leaves(); err != nil {
			return err
		}
	}
	slices.SortFunc(f.found, func(a, b scoped) int { return cmp.Compare(a.code.Start, b.code.Start) })
	return f.check()
}

func (f *finder) check() error {
	op := "find the scope from the patch"
	switch bodies := slices.ContainsFunc(f.found, func(o scoped) bool { return !o.callee }); {
	case len(f.found) > mostFunctions:
		return fault.Newf(fault.User, op, "it would have %d functions, and %d are the most", len(f.found), mostFunctions)
	case !bodies && len(f.objects) == 0:
		return &fault.Error{
			Kind: fault.User, Op: op, Err: errors.New("none of the objects of the files that the fix changes is part of this kernel"),
			Try: "config in the scenario, with what switches them on",
		}
	case !bodies:
		return &fault.Error{
			Kind: fault.User, Op: op, Err: fmt.Errorf("no code of %s holds a line that the patch changes%s", f.files(), unused(f.macros)),
			Try: "name kernel functions in the scenario's scope",
		}
	}
	return nil
}

// changes are the lines of the patch at hand and of the scenario's own, which say
// where the bug is if a user's patch is elsewhere.
func (f *finder) changes(patch string) (map[string][]linetable.Change, error) {
	side := linetable.SideWithout
	switch f.image.Built.Variant {
	case trial.AsIs:
		side = linetable.SideUnknown
	case trial.Patched:
		side = linetable.SideWith
	}
	all := map[string][]linetable.Change{}
	var failed error
	if patch != "" {
		patches, _, err := mailpatch.Read("the patch", []byte(patch))
		if err != nil {
			return nil, err
		}
		missing, err := f.stand(all, patches, side)
		failed = err
		if side == linetable.SideWith {
			f.added = addedBy(all)
		}
		for _, m := range missing {
			f.notes = append(f.notes, "not used for the scope: "+m)
		}
	}
	for _, series := range SeriesOf(f.scenario) {
		patches, err := series.Patches()
		if err != nil {
			return nil, err
		}
		_, err = f.stand(all, patches, linetable.SideUnknown)
		failed = cmp.Or(failed, err)
	}
	if f.image.Built.Variant == trial.AsIs {
		f.added = addedBy(all)
	}
	if len(all) > 0 {
		return all, nil
	}
	return nil, cmp.Or(failed, error(fault.Newf(fault.User, "find the scope from the patch", "there is no patch")))
}

// addedBy are the lines that are there since a patch added them.
func addedBy(all map[string][]linetable.Change) map[string][]int {
	added := map[string][]int{}
	for file, changes := range all {
		for _, c := range changes {
			if c.With {
				added[file] = append(added[file], c.Lines...)
			}
		}
	}
	return added
}

// stand adds to all, by file, the lines that patches change in the sources as they were
// compiled.
func (f *finder) stand(all map[string][]linetable.Change, patches []mailpatch.Patch, side linetable.Side) (missing []string, err error) {
	sources := f.sources()
	read := func(path string) (string, error) {
		kept := sources[path]
		if kept == "" {
			return "", fmt.Errorf("the scope follows from %s alone", f.files())
		}
		text, err := os.ReadFile(kept)
		return string(text), err
	}
	some := false
	for _, p := range patches {
		files := p.Files(func(path string) bool { _, err := read(path); return err == nil })
		found, without, failed := linetable.Changes(files, side, read)
		for _, c := range found {
			all[c.Path] = append(all[c.Path], c)
		}
		some = some || len(found) > 0
		missing, err = append(missing, without...), cmp.Or(err, failed)
	}
	if some {
		err = nil
	}
	return missing, err
}

// sources are the files that the scope follows from, as they were compiled, by where
// they are in the tree.
func (f *finder) sources() map[string]string { return sourcesOf(f.objects, f.image.Headers) }

// files are their names, for messages.
func (f *finder) files() string {
	return strings.Join(slices.Sorted(maps.Keys(f.sources())), ", ")
}

// leaves adds what functions in scope call, those first that hold lines of the patch.
func (f *finder) leaves() error {
	var in []coderange.Range
	for _, calls := range []bool{false, true} {
		for _, o := range f.found {
			if strings.HasPrefix(o.why, linetable.Calls) == calls {
				in = append(in, o.code)
			}
		}
	}
	found, note, err := leaves(f.image, in)
	if err != nil {
		return err
	}
	if note != "" {
		f.notes = append(f.notes, note)
	}
	for _, l := range found {
		f.add(scoped{code: l.Range, why: whyLeaf(l), callee: true})
	}
	return nil
}

// place finds functions of the object in the kernel.
func (f *finder) place(in kernel.Object, functions []linetable.Function) error {
	symbols := make([]string, len(functions))
	for i, o := range functions {
		symbols[i] = o.Symbol
	}
	placed, err := objcode.Place(f.image.Vmlinux, in.Debug, symbols)
	if err != nil {
		return err
	}
	for i, p := range placed {
		o := functions[i]
		if p.End <= p.Start {
			f.notes = append(f.notes, fmt.Sprintf("not in scope: the kernel has no code of %s (%s)", o.Symbol, o.Why))
			continue
		}
		f.add(scoped{code: p.Range, other: p.Other, why: o.Why, lines: o.Lines, calls: o.Inlined})
	}
	return nil
}

// functionsNamed are the functions that the scenario names, without what is wider.
func (f *finder) functionsNamed() []string {
	return slices.DeleteFunc(slices.Clone(f.scenario.Scope.Kernel), objcode.IsWide)
}

// named adds a function of the whole kernel, or what a wide name means.
func (f *finder) named(name, why string, callee bool) error {
	code, err := elfcode.Functions(f.image.Vmlinux, []string{name})
	if objcode.IsWide(name) {
		code, err = objcode.Wide(f.image.Vmlinux, f.image.BuildDir, name)
	}
	if err != nil {
		return fault.Wrap(fault.User, "find the scenario's scope", err)
	}
	for _, r := range code {
		if objcode.IsWide(name) { // it holds what was found of it before
			f.found = slices.DeleteFunc(f.found, func(have scoped) bool { return r.Start <= have.code.Start && have.code.End <= r.End })
		}
		f.add(scoped{code: r, why: why, callee: callee, named: name})
	}
	return nil
}

// add leaves out code that is in scope already.
func (f *finder) add(o scoped) {
	if !slices.ContainsFunc(f.found, func(have scoped) bool { return o.code.Start < have.code.End && have.code.Start < o.code.End }) {
		f.found = append(f.found, o)
	}
}

// mostListed is how many bytes of code are listed of a range.
const mostListed = 1 << 20

// disassemble lists the code, and in it, of an architecture whose memory order is weak,
// what would keep accesses in order.
func (f *finder) disassemble(k *Analysis, weak bool) error {
	var ranges, bodies []coderange.Range
	for _, o := range f.found {
		if o.code.End-o.code.Start > mostListed {
			continue // all of the kernel
		}
		if ranges = append(ranges, o.code); !o.callee {
			bodies = append(bodies, o.code)
		}
	}
	lines, err := elfcode.Disassemble(f.image.Vmlinux, ranges)
	if err != nil {
		return err
	}
	text, err := readSources(f.sources())
	if err != nil {
		return err
	}
	at := map[uint64]elfcode.Line{}
	for _, l := range lines {
		l.File, l.Line = f.source(l.Addr)
		if of := text[l.File]; l.Line > 0 && l.Line <= len(of) {
			l.Source = strings.TrimSpace(of[l.Line-1])
		}
		k.Lines = append(k.Lines, l)
		at[l.Addr] = l
	}
	if !weak {
		return nil
	}
	return f.stops(k, bodies, ranges, at)
}

// stops lists what would keep accesses in order in the bodies, and which of that is the
// patch's own.
func (f *finder) stops(k *Analysis, bodies, ranges []coderange.Range, at map[uint64]elfcode.Line) error {
	isNear := map[uint64]bool{}
	for _, r := range bodies {
		from := slices.IndexFunc(k.Lines, func(l elfcode.Line) bool { return r.Holds(l.Addr) })
		code := k.Lines[max(from, 0):]
		if end := slices.IndexFunc(code, func(l elfcode.Line) bool { return !r.Holds(l.Addr) }); end >= 0 {
			code = code[:end]
		}
		maps.Copy(isNear, near(code, f.ranges))
	}
	stops, err := elfcode.Stops(f.image.Vmlinux, bodies, ranges)
	if err != nil {
		return err
	}
	for _, s := range stops {
		l := at[s.Addr]
		l.Text = s.Text
		k.Code.Stops = append(k.Code.Stops, trial.ScopeStop{Kind: s.Kind, AtBoot: s.AtBoot, Near: isNear[s.Addr], Instruction: boot.InstructionOf(l)})
		if !slices.Contains(orders, s.Kind) {
			continue
		}
		if f.isOf(l, func(file string, line int) bool { return slices.Contains(f.added[file], line) }) {
			k.FixOrders = append(k.FixOrders, s.Addr)
		} else if f.isOf(l, f.uses.holds) {
			k.MacroOrders = append(k.MacroOrders, orderOf(s, l))
		}
	}
	if len(k.FixOrders)+len(k.MacroOrders) == 0 && (len(f.added) > 0 || len(f.macros) > 0) && f.image.Built.Variant == trial.Patched {
		k.Notes = append(k.Notes, "no instruction on the lines that the patch adds orders accesses, and "+unshown+unused(f.macros))
	}
	return nil
}

// isOf says whether an instruction is of a line that is one of those, or of what was inlined
// for a call on one.
func (f *finder) isOf(l elfcode.Line, those func(file string, line int) bool) bool {
	if those(l.File, l.Line) {
		return true
	}
	o, ok := f.holder(l.Addr)
	return ok && slices.ContainsFunc(o.calls, func(b objfile.Body) bool {
		at := l.Addr - o.code.Start
		return b.Start <= at && at < b.End && those(b.Call.File, b.Call.Line)
	})
}

func (f *finder) source(addr uint64) (string, int) {
	o, ok := f.holder(addr)
	if !ok {
		return "", 0
	}
	r := o.lines.At(addr - o.code.Start)
	return r.File, r.Line
}

// holder is the function whose code is there, as far as its lines are known.
func (f *finder) holder(addr uint64) (scoped, bool) {
	for _, o := range f.found {
		if len(o.lines) > 0 && o.code.Holds(addr) && !coderange.Within(o.other, addr) {
			return o, true
		}
	}
	return scoped{}, false
}
