// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

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

// AllText names all of a kernel's text.
const AllText = "*"

// IsWide says whether a name means more code than a function's: an object below the
// build folder, net/core/sock.o, a folder of objects, net/core/, or AllText.
func IsWide(name string) bool {
	return name == AllText || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".o")
}

// Wide finds the code that a wide name means, sorted: of an object one range for each of
// its sections that lies in the kernel's text. Code that is executed by other addresses than
// its own, of a hypervisor and of the identity map, is left out, and so is what is freed
// after boot.
func Wide(vmlinux, buildDir, name string) ([]coderange.Range, error) {
	op := "find the code of " + name
	im, err := elfcode.Open(vmlinux, fault.Rig)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	text := im.Text()
	if name == AllText {
		if len(text) == 0 {
			return nil, fault.Newf(fault.User, op, "%s has no .text", vmlinux)
		}
		return text, nil
	}
	paths, err := objectsOf(buildDir, name)
	if err != nil {
		return nil, fault.Wrap(fault.User, op, err)
	}
	var out []coderange.Range
	for _, path := range paths {
		found, err := sectionsIn(im, buildDir, path)
		if err != nil {
			return nil, err
		}
		out = append(out, within(found, text)...)
	}
	if len(out) == 0 {
		return nil, fault.Newf(fault.User, op, "%s has no text of it: it is a module, or not configured", vmlinux)
	}
	slices.SortFunc(out, func(a, b coderange.Range) int { return cmp.Compare(a.Start, b.Start) })
	return slices.CompactFunc(out, coderange.Range.Overlaps), nil // a composite object's parts are in it again
}

// objectsOf are the objects that a wide name means, below the build folder.
func objectsOf(buildDir, name string) (paths []string, err error) {
	if !filepath.IsLocal(strings.TrimSuffix(name, "/")) {
		return nil, errors.New("it is not below the build folder")
	}
	at := filepath.Join(buildDir, name)
	if !strings.HasSuffix(name, "/") {
		_, err := os.Stat(at)
		return []string{at}, err
	}
	err = filepath.WalkDir(at, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ".o") && !strings.HasPrefix(d.Name(), ".") {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

// sectionsIn finds the object's sections of code in the kernel: the linker moves a section
// as a whole, so all of its functions say the same of where it is.
func sectionsIn(im *elfcode.Image, buildDir, path string) ([]coderange.Range, error) {
	obj, err := objfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer obj.Close()
	name, err := filepath.Rel(buildDir, path)
	if err != nil {
		return nil, err
	}
	functions := map[elf.SectionIndex][]elf.Symbol{}
	for _, f := range obj.Functions() {
		functions[f.Section] = append(functions[f.Section], f)
	}
	var out []coderange.Range
	for index, of := range functions {
		start, ok := placeSection(im, obj, of)
		size := obj.File.Sections[index].Size
		if in := im.Section(start); ok && in != nil && start+size <= in.Addr+in.Size {
			out = append(out, coderange.Range{Symbol: name, Start: start, End: start + size, Role: coderange.Body})
		}
	}
	return out, nil
}

// placeSection says where the kernel has the section of those functions: where most of them
// are, and the code of all these is the object's.
func placeSection(im *elfcode.Image, obj *objfile.Object, functions []elf.Symbol) (uint64, bool) {
	there := map[uint64][]elf.Symbol{}
	for _, f := range functions {
		for _, c := range im.ByName[f.Name] {
			if c.Size == f.Size {
				at := c.Value - (f.Value - obj.Base(f.Section))
				there[at] = append(there[at], f)
			}
		}
	}
	for len(there) > 0 {
		var best uint64
		for at, of := range there {
			if n := len(of) - len(there[best]); n > 0 || n == 0 && at < best {
				best = at
			}
		}
		if slices.IndexFunc(there[best], func(f elf.Symbol) bool { return !isAt(im, obj, f, best) }) < 0 {
			return best, true
		}
		delete(there, best)
	}
	return 0, false
}

// isAt says whether the kernel has the code of f, of a section that begins at start.
func isAt(im *elfcode.Image, obj *objfile.Object, f elf.Symbol, start uint64) bool {
	want, written, err := obj.Code(f)
	if err != nil {
		return false
	}
	at := start + f.Value - obj.Base(f.Section)
	have, err := im.Bytes(coderange.Range{Symbol: f.Name, Start: at, End: at + f.Size})
	return err == nil && firstDifference(want, have, written) < 0
}

// within are those ranges that lie in one of text.
func within(ranges, text []coderange.Range) []coderange.Range {
	return slices.DeleteFunc(ranges, func(r coderange.Range) bool {
		return r.End <= r.Start || !slices.ContainsFunc(text, func(t coderange.Range) bool { return t.Start <= r.Start && r.End <= t.End })
	})
}
