// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"slices"
	"strings"
	"testing"

	"kcovrig/rig/arch"
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
		"call .+0x10":            {"\xe8\x0b\x00\x00\x00", shape{flow: flowCall, target: 0x1010}},
		"jmp .+0x10":             {"\xe9\x0b\x00\x00\x00", shape{flow: flowJump, target: 0x1010}},
		"jmp .-2":                {"\xeb\xfc", shape{flow: flowJump, target: 0xffe}},
		"je .+0x10":              {"\x74\x0e", shape{flow: flowBranch, target: 0x1010}},
		"jmp *%rax":              {"\xff\xe0", shape{flow: flowJumpIndirect}},
		"call *%rax":             {"\xff\xd0", shape{flow: flowCallIndirect}},
		"ret":                    {"\xc3", shape{flow: flowReturn}},
		"ud2":                    {"\x0f\x0b", shape{flow: flowTrap}},
		"endbr64":                {"\xf3\x0f\x1e\xfa", shape{}},
		"push %rbp":              {"\x55", shape{}},
		"an unknown instruction": {"\x62\xf1", shape{unknown: true}},
	} {
		if got := shapeOf(decodeAMD64([]byte(c.code), 0x1000, noSymbol)); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}

// TestTotalStoreOrder: there is nothing to fix on x86-64, as long as the store is found behind the copy.
func TestTotalStoreOrder(t *testing.T) {
	row, err := arch.Lookup("x86_64")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options []string
		want    Ordering
	}{
		"plain":         {nil, OrderYes},
		"not inlined":   {[]string{noinline}, OrderYes},
		"copied inline": {[]string{fixed}, OrderYes},
		"copied by rep": {[]string{"-mstringop-strategy=rep_byte"}, OrderYes},
		"no store":      {[]string{"-DSTORES="}, OrderUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			f := buildFor(t, "x86_64-linux-gnu-gcc", "lib_amd64.S", append(c.options, "-mno-sse", "-mcmodel=kernel", "-mno-red-zone")...)
			cfg := f.config(t)
			cfg.Arch = row
			a, err := Analyse(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if a.Approximate || a.Ordered != c.want || c.want == OrderYes && !strings.HasPrefix(a.Reason, "TSO") {
				dump(t, a)
				t.Errorf("%v, %q, approximate %v; want %v", a.Ordered, a.Reason, a.Approximate, c.want)
			}
			want := []string{"__memcpy", "memcpy_orig"}
			if len(a.CopyCalls) == 0 {
				want = nil
			}
			if got := symbols(a.Scope, RoleCallee); !slices.Equal(got, want) {
				t.Errorf("callees %v, want %v", got, want)
			}
		})
	}
}
