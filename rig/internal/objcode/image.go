// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/elf"
	"fmt"
	"sort"
	"strings"

	"kcovrig/rig/fault"
)

// image is a linked ELF file with its symbols.
type image struct {
	path    string
	file    *elf.File
	dec     decoder
	symbols []elf.Symbol // functions and untyped code labels, best first at each address
	byName  map[string][]elf.Symbol
}

// openImage reads path; what it is decides whose fault a bad one is.
func openImage(path string, kind fault.Kind) (*image, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, fault.Wrap(kind, "read "+path, err)
	}
	all, err := file.Symbols()
	if err != nil {
		file.Close()
		return nil, fault.Newf(kind, "read "+path, "its symbol table: %w", err)
	}
	im := &image{path: path, file: file, dec: decoders[file.Machine], byName: map[string][]elf.Symbol{}}
	if im.dec == nil {
		file.Close()
		return nil, fault.Newf(kind, "read "+path, "no decoder for %s", file.Machine)
	}
	for _, s := range all {
		if im.isCode(s) {
			im.symbols = append(im.symbols, s)
			im.byName[s.Name] = append(im.byName[s.Name], s)
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

func (im *image) isCode(s elf.Symbol) bool {
	t := elf.ST_TYPE(s.Info)
	if t != elf.STT_FUNC && t != elf.STT_NOTYPE || s.Name == "" || strings.HasPrefix(s.Name, "$") {
		return false
	}
	return int(s.Section) < len(im.file.Sections) && s.Section != elf.SHN_UNDEF &&
		im.file.Sections[s.Section].Flags&elf.SHF_EXECINSTR != 0
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

// symbol names the code at addr: the best symbol at or before it in its section, and where that begins.
func (im *image) symbol(addr uint64) (string, uint64) {
	i := sort.Search(len(im.symbols), func(i int) bool { return im.symbols[i].Value > addr })
	if i == 0 || im.section(addr) == nil {
		return "", 0
	}
	base := im.symbols[i-1].Value
	for i > 1 && im.symbols[i-2].Value == base {
		i--
	}
	if s := im.symbols[i-1]; im.section(base) == im.section(addr) {
		return s.Name, base
	}
	return "", 0
}

// section is the executable section at addr, or nil.
func (im *image) section(addr uint64) *elf.Section {
	for _, s := range im.file.Sections {
		if s.Flags&elf.SHF_EXECINSTR != 0 && s.Addr <= addr && addr < s.Addr+s.Size {
			return s
		}
	}
	return nil
}

// extent is where the function at s begins and ends: by its size, else the next symbol.
func (im *image) extent(s elf.Symbol) Range {
	name, _ := im.symbol(s.Value)
	r := Range{Symbol: name, Start: s.Value, End: s.Value + s.Size}
	if s.Size > 0 {
		return r
	}
	if sec := im.section(s.Value); sec != nil {
		r.End = sec.Addr + sec.Size
	}
	i := sort.Search(len(im.symbols), func(i int) bool { return im.symbols[i].Value > s.Value })
	if i < len(im.symbols) && im.symbols[i].Value < r.End {
		r.End = im.symbols[i].Value
	}
	return r
}

// function is the extent of the function that begins at addr; the largest of its symbols decides.
func (im *image) function(addr uint64) (Range, bool) {
	var found *elf.Symbol
	for i := sort.Search(len(im.symbols), func(i int) bool { return im.symbols[i].Value >= addr }); i < len(im.symbols) && im.symbols[i].Value == addr; i++ {
		if s := &im.symbols[i]; found == nil || s.Size > found.Size {
			found = s
		}
	}
	if found == nil {
		return Range{}, false
	}
	return im.extent(*found), true
}

// bytes reads the code at r.
func (im *image) bytes(r Range) ([]byte, error) {
	sec := im.section(r.Start)
	if sec == nil || r.End < r.Start || r.End > sec.Addr+sec.Size || sec.Type == elf.SHT_NOBITS {
		return nil, fmt.Errorf("%s: no code at %#x-%#x (%s)", im.path, r.Start, r.End, r.Symbol)
	}
	code := make([]byte, r.End-r.Start)
	if _, err := sec.ReadAt(code, int64(r.Start-sec.Addr)); err != nil {
		return nil, fmt.Errorf("%s: code at %#x: %w", im.path, r.Start, err)
	}
	return code, nil
}

// instructions decodes the code at r.
func (im *image) instructions(r Range) ([]instruction, error) {
	code, err := im.bytes(r)
	if err != nil {
		return nil, err
	}
	return disassemble(im.dec, code, r.Start, im.symbol), nil
}

// addresses are the places of the named functions: aliases share one.
func (im *image) addresses(names []string) map[uint64]bool {
	out := map[uint64]bool{}
	for _, n := range names {
		for _, s := range im.byName[n] {
			out[s.Value] = true
		}
	}
	return out
}

func (im *image) close() { im.file.Close() }

// line is an instruction by its address, symbol and text.
func (im *image) line(in instruction) Line {
	l := Line{Addr: in.addr, Text: in.text}
	var base uint64
	if l.Symbol, base = im.symbol(in.addr); l.Symbol != "" {
		l.Offset = in.addr - base
	}
	return l
}
