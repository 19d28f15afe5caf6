// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"testing"
)

// The bytes are what GNU as 2.40 makes of the names beside them, at address 0x1000.
func TestDecodeAMD64(t *testing.T) {
	store := func(width int) shape { return shape{store: true, width: width} }
	for name, c := range map[string]struct {
		code string
		want shape
	}{
		"mov %r10,(%r9)":         {"\x4d\x89\x11", store(8)},
		"mov %eax,(%rdi)":        {"\x89\x07", store(4)},
		"mov (%r9),%r10":         {"\x4d\x8b\x11", shape{}},
		"mov %r8d,-0x2c(%rbp)":   {"\x44\x89\x45\xd4", shape{store: true, stack: true, width: 4}},
		"mov %rax,(%rbp)":        {"\x48\x89\x45\x00", store(8)},
		"mov %rax,8(%rsp)":       {"\x48\x89\x44\x24\x08", shape{store: true, stack: true, width: 8}},
		"movq $0,(%rdi)":         {"\x48\xc7\x07\x00\x00\x00\x00", store(8)},
		"cmp %rax,(%rdi)":        {"\x48\x39\x07", shape{}},
		"incq (%rdi)":            {"\x48\xff\x07", store(8)},
		"xchg %rax,(%rdi)":       {"\x48\x87\x07", shape{store: true, width: 8, barrier: BarrierFull}},
		"lock orl $0,-4(%rsp)":   {"\xf0\x83\x4c\x24\xfc\x00", shape{store: true, stack: true, width: 4, barrier: BarrierFull}},
		"mfence":                 {"\x0f\xae\xf0", shape{barrier: BarrierFull}},
		"sfence":                 {"\x0f\xae\xf8", shape{barrier: BarrierStore}},
		"lfence":                 {"\x0f\xae\xe8", shape{barrier: BarrierLoad}},
		"rep movsb":              {"\xf3\xa4", shape{store: true, copies: true}},
		"rep movsq":              {"\xf3\x48\xa5", shape{store: true, copies: true}},
		"call .+0x10":            {"\xe8\x0b\x00\x00\x00", shape{flow: FlowCall, target: 0x1010}},
		"jmp .+0x10":             {"\xe9\x0b\x00\x00\x00", shape{flow: FlowJump, target: 0x1010}},
		"jmp .-2":                {"\xeb\xfc", shape{flow: FlowJump, target: 0xffe}},
		"je .+0x10":              {"\x74\x0e", shape{flow: FlowBranch, target: 0x1010}},
		"jmp *%rax":              {"\xff\xe0", shape{flow: FlowJumpIndirect}},
		"call *%rax":             {"\xff\xd0", shape{flow: FlowCallIndirect}},
		"ret":                    {"\xc3", shape{flow: FlowReturn}},
		"ud2":                    {"\x0f\x0b", shape{flow: FlowTrap}},
		"endbr64":                {"\xf3\x0f\x1e\xfa", shape{}},
		"push %rbp":              {"\x55", shape{}},
		"an unknown instruction": {"\x62\xf1", shape{unknown: true}},
	} {
		if got := shapeOf(decodeAMD64([]byte(c.code), 0x1000, noSymbol)); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}
