// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"cmp"
	"debug/elf"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/objfile"
)

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
