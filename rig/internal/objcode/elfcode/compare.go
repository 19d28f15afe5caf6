// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"bytes"
	"debug/elf"
	"fmt"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/insn"
)

// Diff is what distinguishes two builds.
type Diff struct {
	Same      bool     // all compared functions have the same code
	TextSame  bool     // all code is the same byte for byte
	Functions []string // those whose code differs, in the order given
}

// SameCode compares the code of functions in two vmlinux files. Code that
// merely moved is the same: addresses are compared by what they point at. A
// function that only one of the files has differs; one that neither has is an error.
func SameCode(a, b string, functions ...string) (Diff, error) {
	op := "compare the code of " + a + " with " + b
	if len(functions) == 0 {
		return Diff{}, fault.Newf(fault.Rig, op, "no function is named")
	}
	var images [2]*Image
	for i, path := range []string{a, b} {
		im, err := Open(path, fault.Kernel)
		if err != nil {
			return Diff{}, err
		}
		defer im.Close()
		images[i] = im
	}
	if images[0].File.Machine != images[1].File.Machine {
		return Diff{}, fault.Newf(fault.Rig, op, "%s and %s", images[0].File.Machine, images[1].File.Machine)
	}
	d := Diff{Same: true}
	for _, name := range functions {
		var shapes [2][]string
		for i, im := range images {
			var err error
			if shapes[i], err = im.shapes(name); err != nil {
				return Diff{}, fault.Wrap(fault.Kernel, op, err)
			}
		}
		if len(shapes[0])+len(shapes[1]) == 0 {
			return Diff{}, fault.Newf(fault.Kernel, op, "neither has a function %s", name)
		}
		if strings.Join(shapes[0], "\f") != strings.Join(shapes[1], "\f") {
			d.Same, d.Functions = false, append(d.Functions, name)
		}
	}
	var texts [2]string
	for i, im := range images {
		var err error
		if texts[i], err = im.textHash(); err != nil {
			return Diff{}, fault.Wrap(fault.Kernel, op, err)
		}
	}
	d.TextSame = texts[0] == texts[1]
	return d, nil
}

// textHash is of all that is executed, that which runs at boot alone too.
func (im *Image) textHash() (string, error) {
	sum, some := disk.NewHash(), false
	for _, sec := range im.File.Sections {
		if sec.Flags&elf.SHF_EXECINSTR == 0 || sec.Type == elf.SHT_NOBITS {
			continue
		}
		data, err := sec.Data()
		if err != nil {
			return "", fmt.Errorf("%s of %s: %w", sec.Name, im.Path, err)
		}
		fmt.Fprintf(sum, "%s %d\n", sec.Name, len(data))
		sum.Write(data)
		some = true
	}
	if !some {
		return "", fmt.Errorf("%s has no code", im.Path)
	}
	return sum.Hex(), nil
}

// shapes are the forms of all functions of that name and their split-off parts, in address order.
func (im *Image) shapes(name string) ([]string, error) {
	var out []string
	for _, s := range im.symbols {
		if s.Name != name && !strings.HasPrefix(s.Name, name+".") {
			continue
		}
		shape, err := im.shape(im.Extent(s))
		if err != nil {
			return nil, err
		}
		out = append(out, shape)
	}
	return out, nil
}

// shape writes code so that it does not depend on where code and data lie.
// No-operations are left out: the compiler pads loops with them by address.
func (im *Image) shape(r coderange.Range) (string, error) {
	code, err := im.Bytes(r)
	if err != nil {
		return "", err
	}
	all := insn.Disassemble(im.Set.Decode, code, r.Start, im.Symbol)
	number := map[uint64]int{} // of the instruction, no-operations not counted
	n := 0
	for _, in := range all {
		if number[in.Addr] = n; !in.IsNop() {
			n++
		}
	}
	var out strings.Builder
	pages := map[int]uint64{} // arm64: registers that hold an ADRP page
	for _, in := range all {
		if in.IsNop() {
			continue
		}
		word := bytes.Clone(code[in.Addr-r.Start:][:in.Size])
		var points []string
		for _, ref := range in.Refs {
			if ref.Low {
				page, known := pages[ref.Reg]
				if !known {
					continue
				}
				ref.Value += page
			}
			if !ref.Page {
				points = append(points, im.target(ref.Value, number))
			}
			ref.Blank(word)
		}
		if in.Target != 0 {
			points = append(points, im.target(in.Target, number))
			word = []byte(in.Text[:max(0, strings.LastIndexByte(in.Text, ' '))])
		}
		fmt.Fprintf(&out, "%x %s\n", word, strings.Join(points, " "))
		delete(pages, in.Dest)
		if len(in.Refs) > 0 && in.Refs[0].Page {
			pages[in.Dest] = in.Refs[0].Value
		}
	}
	return out.String(), nil
}

// target names an address: an instruction of the same function by its number,
// other code by symbol. Data is not named: its symbols are local, and it moves
// with its neighbours.
func (im *Image) target(addr uint64, number map[uint64]int) string {
	if n, ok := number[addr]; ok {
		return fmt.Sprintf("#%d", n)
	}
	if im.Section(addr) == nil {
		return "data"
	}
	return insn.Place(addr, im.Symbol)
}
