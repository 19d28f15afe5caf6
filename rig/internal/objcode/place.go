// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/elf"
	"fmt"
	"sort"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/objfile"
)

// placed is a function of the object at its place in vmlinux.
type placed struct {
	object uint64          // its address in the object
	code   coderange.Range // in vmlinux
	// only is what the debug information holds for, in the object's addresses;
	// nil: all of it.
	only []coderange.Range
}

// layout maps the object's addresses to those of vmlinux.
type layout []placed

// newLayout finds every function that holds one of ranges in vmlinux, and
// checks that the code there is the object's.
func newLayout(im *elfcode.Image, obj *objfile.Object, ranges []coderange.Range) (layout, error) {
	op := "find the code of " + obj.Path + " in " + im.Path
	var out layout
	for _, r := range ranges {
		if _, ok := out.toImage(r.Start); ok {
			continue
		}
		f, ok := obj.FunctionAt(r.Start)
		if !ok {
			return nil, fault.Newf(fault.Rig, op, "no function of the object holds %#x", r.Start)
		}
		p, err := locate(im, obj, f, nil)
		if err != nil {
			// Clang orders a prologue otherwise where it writes debug information: its
			// scheduler stops at the frame's descriptions. What matters is the body.
			if p, err = locate(im, obj, f, ranges); err != nil {
				return nil, fault.Wrap(fault.Rig, op, err)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// locate finds f in vmlinux. Static functions of other files may share its
// name; only one whose code is that of the object counts, in the ranges of only
// where that is not nil.
func locate(im *elfcode.Image, obj *objfile.Object, f elf.Symbol, only []coderange.Range) (placed, error) {
	want, written, err := obj.Code(f)
	if err != nil {
		return placed{}, err
	}
	leaveOut(written, f.Value, only)
	candidates := im.ByName[f.Name]
	if len(candidates) == 0 {
		return placed{}, fmt.Errorf("no symbol %s", f.Name)
	}
	var differs error
	for _, c := range candidates {
		r := coderange.Range{Symbol: f.Name, Start: c.Value, End: c.Value + f.Size}
		if c.Size != f.Size {
			differs = fmt.Errorf("%s has %d bytes there, %d with debug information", f.Name, c.Size, f.Size)
			continue
		}
		have, err := im.Bytes(r)
		if err != nil {
			return placed{}, err
		}
		if at := firstDifference(want, have, written); at >= 0 {
			differs = fmt.Errorf("the code of %s differs at +%#x: %#02x there, %#02x with debug information", f.Name, at, have[at], want[at])
			continue
		}
		return placed{object: f.Value, code: r, only: only}, nil
	}
	return placed{}, differs
}

// leaveOut marks the bytes of a function at start that lie in none of only.
func leaveOut(ignore []bool, start uint64, only []coderange.Range) {
	for i := range ignore {
		ignore[i] = ignore[i] || only != nil && !coderange.Within(only, start+uint64(i))
	}
}

// Placed is a function of an object file in a linked kernel.
type Placed struct {
	coderange.Range                   // empty: the linker left it out, or it cannot be told from another of its name
	Other           []coderange.Range // the parts whose code is not the object's, so that its lines do not hold there
}

// Place finds functions of the object in a linked kernel, in the order given. Where a
// compiler orders code otherwise with debug information, a name that the kernel has
// once says enough.
func Place(vmlinux, object string, symbols []string) ([]Placed, error) {
	im, err := elfcode.Open(vmlinux, fault.Kernel)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	obj, err := objfile.Open(object)
	if err != nil {
		return nil, err
	}
	defer obj.Close()
	out := make([]Placed, len(symbols))
	for i, name := range symbols {
		for _, f := range obj.Named(name) {
			if f.Name != name {
				continue
			}
			if p, err := locate(im, obj, f, nil); err == nil {
				out[i] = Placed{Range: p.code}
			} else if at := im.ByName[name]; len(at) == 1 {
				r := im.Extent(at[0])
				out[i] = Placed{r, differing(im, obj, f, r)}
			}
			out[i].Symbol, out[i].Role = name, coderange.Body
		}
	}
	return out, nil
}

// differing are the parts of r whose code is not that of the object's function f: all of
// it, where so much differs that the rest may be alike by chance.
func differing(im *elfcode.Image, obj *objfile.Object, f elf.Symbol, r coderange.Range) []coderange.Range {
	want, written, err := obj.Code(f)
	have, err2 := im.Bytes(r)
	if err != nil || err2 != nil || len(want) != len(have) {
		return []coderange.Range{r}
	}
	const word = 4
	var out []coderange.Range
	for i := 0; i < len(want); i += word {
		end := min(i+word, len(want))
		if firstDifference(want[i:end], have[i:end], written[i:end]) >= 0 {
			out = append(out, coderange.Range{Symbol: r.Symbol, Start: r.Start + uint64(i), End: r.Start + uint64(end)})
		}
	}
	if len(out)*word > len(want)/4 {
		return []coderange.Range{r}
	}
	return coderange.Union(out)
}

func firstDifference(want, have []byte, ignore []bool) int {
	for i := range want {
		if !ignore[i] && want[i] != have[i] {
			return i
		}
	}
	return -1
}

// sameAsBuilt checks that the debug object's code of f is, within body, that of
// the object which kbuild made.
func sameAsBuilt(built, debug *objfile.Object, f elf.Symbol, body []coderange.Range) error {
	op := "compare " + built.Path + " with " + debug.Path
	want, written, err := debug.Code(f)
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	leaveOut(written, f.Value, body)
	for _, g := range built.Functions() {
		if g.Name != f.Name || g.Size != f.Size {
			continue
		}
		have, _, err := built.Code(g)
		if err != nil {
			return fault.Wrap(fault.Rig, op, err)
		}
		if firstDifference(want, have, written) < 0 {
			return nil
		}
	}
	return fault.Newf(fault.Rig, op, "debug information changed the code of %s", f.Name)
}

func (l layout) toImage(addr uint64) (uint64, bool) {
	for _, p := range l {
		if off := addr - p.object; addr >= p.object && off < p.code.End-p.code.Start {
			return p.code.Start + off, true
		}
	}
	return 0, false
}

func (l layout) toObject(addr uint64) (uint64, bool) {
	for _, p := range l {
		if at := addr - p.code.Start + p.object; p.code.Holds(addr) && (p.only == nil || coderange.Within(p.only, at)) {
			return at, true
		}
	}
	return 0, false
}

// ranges maps the object's ranges that lie in the layout.
func (l layout) ranges(in []coderange.Range, im *elfcode.Image) []coderange.Range {
	var out []coderange.Range
	for _, r := range in {
		start, ok := l.toImage(r.Start)
		if !ok {
			continue
		}
		name, _ := im.Symbol(start)
		out = append(out, coderange.Range{Symbol: name, Start: start, End: start + r.End - r.Start})
	}
	return coderange.Union(out)
}

// functions are the ranges of the placed functions, sorted.
func (l layout) functions() []coderange.Range {
	var out []coderange.Range
	for _, p := range l {
		out = append(out, p.code)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Start < out[j].Start })
	return out
}
