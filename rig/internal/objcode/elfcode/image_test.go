// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"debug/elf"
	"slices"
	"sort"
	"testing"
)

func TestTheNameOfAnAddress(t *testing.T) {
	symbol := func(name string, bind elf.SymBind, kind elf.SymType) elf.Symbol {
		return elf.Symbol{Name: name, Info: elf.ST_INFO(bind, kind)}
	}
	aliases := []elf.Symbol{
		symbol("a_label", elf.STB_GLOBAL, elf.STT_NOTYPE), symbol("b_weak", elf.STB_WEAK, elf.STT_FUNC),
		symbol("c_local", elf.STB_LOCAL, elf.STT_FUNC), symbol("z_global", elf.STB_GLOBAL, elf.STT_FUNC),
		symbol("y_global", elf.STB_GLOBAL, elf.STT_FUNC),
	}
	sort.Slice(aliases, func(i, j int) bool { return better(aliases[i], aliases[j]) })
	var got []string
	for _, s := range aliases {
		got = append(got, s.Name)
	}
	if want := []string{"y_global", "z_global", "b_weak", "c_local", "a_label"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
