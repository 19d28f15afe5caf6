// SPDX-License-Identifier: Apache-2.0

// Package elfcode reads the code of ELF files, a linked kernel's or program's: functions
// by symbol, ranges, listings, what the kernel may put in its place when it boots, what
// in it orders accesses, which calls are sure to come back, and whether two files' code
// differs. It leaves single instructions to insn, and which store is ordered behind which
// to objcode.
package elfcode

import (
	"debug/elf"
	"fmt"
	"sort"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/insn"
)

// Image is a linked ELF file with its symbols.
type Image struct {
	Path    string
	File    *elf.File
	Set     insn.Set
	symbols []elf.Symbol // functions and untyped code labels, best first at each address
	ByName  map[string][]elf.Symbol
}

// Open reads path; what it is decides whose fault a bad one is.
func Open(path string, kind fault.Kind) (*Image, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, fault.Wrap(kind, "read "+path, err)
	}
	all, err := file.Symbols()
	if err != nil {
		file.Close()
		return nil, fault.Newf(kind, "read "+path, "its symbol table: %w", err)
	}
	im := &Image{Path: path, File: file, Set: insn.Of(file.Machine), ByName: map[string][]elf.Symbol{}}
	if im.Set.Decode == nil {
		file.Close()
		return nil, fault.Newf(kind, "read "+path, "no decoder for %s", file.Machine)
	}
	for _, s := range all {
		if im.isCode(s) {
			im.symbols = append(im.symbols, s)
			im.ByName[s.Name] = append(im.ByName[s.Name], s)
		}
	}
	sort.SliceStable(im.symbols, func(i, j int) bool {
		a, b := im.symbols[i], im.symbols[j]
		if a.Value != b.Value {
			return a.Value < b.Value
		}
		return better(a, b)
	})
	return im, nil
}

func (im *Image) isCode(s elf.Symbol) bool {
	t := elf.ST_TYPE(s.Info)
	if t != elf.STT_FUNC && t != elf.STT_NOTYPE || s.Name == "" || strings.HasPrefix(s.Name, "$") {
		return false
	}
	return int(s.Section) < len(im.File.Sections) && s.Section != elf.SHN_UNDEF &&
		im.File.Sections[s.Section].Flags&elf.SHF_EXECINSTR != 0
}

// better orders aliases: functions before labels, global before weak before
// local, then by name. It makes the choice of a name the same in every build.
func better(a, b elf.Symbol) bool {
	rank := func(s elf.Symbol) int {
		r := map[elf.SymBind]int{elf.STB_GLOBAL: 0, elf.STB_WEAK: 1}
		bind, ok := r[elf.ST_BIND(s.Info)]
		if !ok {
			bind = 2
		}
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC {
			bind += 3
		}
		return bind
	}
	if rank(a) != rank(b) {
		return rank(a) < rank(b)
	}
	return a.Name < b.Name
}

// Symbol names the code at addr: the best symbol at or before it in its section, and where that begins.
func (im *Image) Symbol(addr uint64) (string, uint64) {
	i := sort.Search(len(im.symbols), func(i int) bool { return im.symbols[i].Value > addr })
	if i == 0 || im.Section(addr) == nil {
		return "", 0
	}
	base := im.symbols[i-1].Value
	for i > 1 && im.symbols[i-2].Value == base {
		i--
	}
	if s := im.symbols[i-1]; im.Section(base) == im.Section(addr) {
		return s.Name, base
	}
	return "", 0
}

// Section is the executable section at addr, or nil.
func (im *Image) Section(addr uint64) *elf.Section {
	for _, s := range im.File.Sections {
		if s.Flags&elf.SHF_EXECINSTR != 0 && s.Addr <= addr && addr < s.Addr+s.Size {
			return s
		}
	}
	return nil
}

// Extent is where the function at s begins and ends: by its size, else the next symbol.
func (im *Image) Extent(s elf.Symbol) coderange.Range {
	name, _ := im.Symbol(s.Value)
	r := coderange.Range{Symbol: name, Start: s.Value, End: s.Value + s.Size}
	if s.Size > 0 {
		return r
	}
	if sec := im.Section(s.Value); sec != nil {
		r.End = sec.Addr + sec.Size
	}
	i := sort.Search(len(im.symbols), func(i int) bool { return im.symbols[i].Value > s.Value })
	if i < len(im.symbols) && im.symbols[i].Value < r.End {
		r.End = im.symbols[i].Value
	}
	return r
}

// Function is the extent of the function that begins at addr; the largest of its symbols decides.
func (im *Image) Function(addr uint64) (coderange.Range, bool) {
	var found *elf.Symbol
	for i := sort.Search(len(im.symbols), func(i int) bool { return im.symbols[i].Value >= addr }); i < len(im.symbols) && im.symbols[i].Value == addr; i++ {
		if s := &im.symbols[i]; found == nil || s.Size > found.Size {
			found = s
		}
	}
	if found == nil {
		return coderange.Range{}, false
	}
	return im.Extent(*found), true
}

// Bytes reads the code at r.
func (im *Image) Bytes(r coderange.Range) ([]byte, error) {
	sec := im.Section(r.Start)
	if sec == nil || r.End < r.Start || r.End > sec.Addr+sec.Size || sec.Type == elf.SHT_NOBITS {
		return nil, fmt.Errorf("%s: no code at %#x-%#x (%s)", im.Path, r.Start, r.End, r.Symbol)
	}
	code := make([]byte, r.End-r.Start)
	if _, err := sec.ReadAt(code, int64(r.Start-sec.Addr)); err != nil {
		return nil, fmt.Errorf("%s: code at %#x: %w", im.Path, r.Start, err)
	}
	return code, nil
}

// Instructions decodes the code at r.
func (im *Image) Instructions(r coderange.Range) ([]insn.Instruction, error) {
	code, err := im.Bytes(r)
	if err != nil {
		return nil, err
	}
	return insn.Disassemble(im.Set.Decode, code, r.Start, im.Symbol), nil
}

// Addresses are the places of the named functions: aliases share one.
func (im *Image) Addresses(names []string) map[uint64]bool {
	out := map[uint64]bool{}
	for _, n := range names {
		for _, s := range im.ByName[n] {
			out[s.Value] = true
		}
	}
	return out
}

func (im *Image) Close() { im.File.Close() }

// Line is an instruction by its address, symbol and text.
func (im *Image) Line(in insn.Instruction) Line {
	l := Line{Addr: in.Addr, Text: in.Text}
	var base uint64
	if l.Symbol, base = im.Symbol(in.Addr); l.Symbol != "" {
		l.Offset = in.Addr - base
	}
	return l
}
