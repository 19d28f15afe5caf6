// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"slices"
	"strings"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/objcodetest"
)

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
			f := fixture{objcodetest.BuildFor(t, "x86_64-linux-gnu-gcc", "lib_amd64.S", append(c.options, "-mno-sse", "-mcmodel=kernel", "-mno-red-zone")...)}
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
			if got := symbols(a.Scope, coderange.Callee); !slices.Equal(got, want) {
				t.Errorf("callees %v, want %v", got, want)
			}
		})
	}
}
