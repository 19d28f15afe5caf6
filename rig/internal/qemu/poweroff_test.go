// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/cavaliergopher/cpio"
)

// powerOffArm64 calls reboot(2) with RB_POWER_OFF: numbers from
// include/uapi/linux/reboot.h and include/uapi/asm-generic/unistd.h.
func powerOffArm64() []uint32 {
	movz := func(reg, imm uint32) uint32 { return 0xd2800000 | imm<<5 | reg }
	movk16 := func(reg, imm uint32) uint32 { return 0xf2a00000 | imm<<5 | reg }
	return []uint32{
		movz(0, 0xdead), movk16(0, 0xfee1), movz(1, 0x1969), movk16(1, 0x2812),
		movz(2, 0xfedc), movk16(2, 0x4321), movz(8, 142), 0xd4000001 /* svc #0 */, 0x14000000, /* b . */
	}
}

// powerOffInitrd is an initramfs whose init, arm64 code without any library,
// powers off at once.
func powerOffInitrd(t *testing.T) string {
	t.Helper()
	const base, headers = 0x400000, 64 + 56
	code := powerOffArm64()
	size := uint64(headers + 4*len(code))
	var program bytes.Buffer
	for _, part := range []any{
		elf.Header64{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_AARCH64), Version: uint32(elf.EV_CURRENT),
			Entry: base + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
		},
		elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Align: 0x1000},
		code,
	} {
		if err := binary.Write(&program, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	var archive bytes.Buffer
	w := cpio.NewWriter(&archive)
	header := &cpio.Header{Name: "init", Mode: cpio.TypeReg | 0o755, Links: 1, Size: int64(program.Len())}
	if err := w.WriteHeader(header); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(program.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "initrd")
	if err := os.WriteFile(path, archive.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
