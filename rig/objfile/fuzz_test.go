// SPDX-License-Identifier: Apache-2.0

package objfile

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// relocatable is an arm64 object of one function, f, of that place and size in its section of 8 bytes.
func relocatable(t testing.TB, value, size uint64) []byte {
	t.Helper()
	names := "\x00.text\x00.symtab\x00.strtab\x00.rela.text\x00"
	symbols, relocations := new(bytes.Buffer), new(bytes.Buffer)
	put := func(to *bytes.Buffer, parts ...any) {
		for _, part := range parts {
			require.NoError(t, binary.Write(to, binary.LittleEndian, part))
		}
	}
	put(symbols, elf.Sym64{}, elf.Sym64{Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1, Value: value, Size: size})
	put(relocations, elf.Rela64{Off: 4, Info: 1<<32 | 283})
	contents := [][]byte{nil, {0x1f, 0x20, 0x03, 0xd5, 0, 0, 0, 0x94}, symbols.Bytes(), []byte(names), relocations.Bytes()}
	headers := []elf.Section64{
		{}, {Name: 1, Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR)},
		{Name: 7, Type: uint32(elf.SHT_SYMTAB), Link: 3, Info: 1, Entsize: elf.Sym64Size}, {Name: 15, Type: uint32(elf.SHT_STRTAB)},
		{Name: 23, Type: uint32(elf.SHT_RELA), Link: 2, Info: 1, Entsize: 24},
	}
	const head = 64
	at := uint64(head + 64*len(headers))
	for i, c := range contents {
		headers[i].Off, headers[i].Size = at, uint64(len(c))
		at += uint64(len(c))
	}
	var out bytes.Buffer
	put(&out, elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_REL), Machine: uint16(elf.EM_AARCH64), Version: uint32(elf.EV_CURRENT), Shoff: head, Ehsize: head, Shentsize: 64, Shnum: uint16(len(headers)), Shstrndx: 3,
	}, headers)
	for _, c := range contents {
		out.Write(c)
	}
	return out.Bytes()
}

// A build leaves whatever its tree made of it: an object is read or refused.
func FuzzObject(f *testing.F) {
	f.Add(relocatable(f, 0, 8))
	f.Add(relocatable(f, 4, 8))
	f.Add(relocatable(f, 1<<64-4, 8)) // whose end is none
	path := filepath.Join(f.TempDir(), "object")
	f.Fuzz(func(t *testing.T, object []byte) {
		require.NoError(t, os.WriteFile(path, object, 0o600))
		o, err := Open(path)
		if err != nil {
			return
		}
		defer o.Close()
		for _, fn := range o.Functions() {
			if code, written, err := o.Code(fn); err == nil {
				require.EqualValues(t, fn.Size, len(code))
				require.Len(t, written, len(code))
			}
			o.FunctionAt(fn.Value)
			o.Named(fn.Name)
		}
		if d, err := o.DWARF(); err == nil {
			if lines, err := ReadLines(d); err == nil {
				lines.At(4)
			}
			_, _ = ReadBodies(d)
		}
	})
}
