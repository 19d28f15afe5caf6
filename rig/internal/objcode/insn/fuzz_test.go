// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"debug/elf"
	"testing"
)

// A kernel's code is whatever its tree and its compiler made of it: all of it is decoded, and
// what is asked of an instruction's text has an answer.
func FuzzDisassemble(f *testing.F) {
	f.Add(true, []byte{0x1f, 0x20, 0x03, 0xd5, 0xbf, 0x3b, 0x03, 0xd5, 0x20, 0xfc, 0x9f, 0xc8, 0x00})
	f.Add(false, []byte{0x0f, 0xae, 0xf0, 0xe8, 0, 0, 0, 0, 0x66, 0x0f, 0x1f, 0x44, 0x00})
	f.Fuzz(func(t *testing.T, arm bool, code []byte) {
		set := Of(elf.EM_X86_64)
		if arm {
			set = Of(elf.EM_AARCH64)
		}
		symbol := func(addr uint64) (string, uint64) { return "f", addr &^ 0xff }
		size := 0
		for _, in := range Disassemble(set.Decode, code, 0xffff800080000000, symbol) {
			if in.Size <= 0 {
				t.Fatalf("%+v", in)
			}
			size += in.Size
			in.IsNop()
			_ = Loads(in.Text)
			_ = OnStack(in.Text)
			Base(in.Text)
			Branch(in.Text)
			EffectOn(in.Text, "0")
			if arm {
				set.Uses(in.Text)
				set.Next(set.First(in.Text), in.Text)
			}
		}
		if size != len(code) {
			t.Errorf("%d of %d bytes", size, len(code))
		}
	})
}
