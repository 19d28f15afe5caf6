// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"slices"
	"testing"

	"kcovrig/rig/internal/objcode/objcodetest"
)

func TestSameCode(t *testing.T) {
	plain := objcodetest.Build(t)
	for name, c := range map[string]struct {
		options []string
		same    bool
		text    bool
	}{
		"the same":        {nil, true, true},
		"moved":           {[]string{"-DMOVED"}, true, false},
		"the fix":         {[]string{"-DAFTER=WMB"}, false, false},
		"another barrier": {[]string{`-DAFTER=BARRIER("isb")`}, false, false},
		"another offset":  {[]string{"-DFIELD"}, false, false},
		"not inlined":     {[]string{objcodetest.NoInline}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := SameCode(plain.Vmlinux, objcodetest.Build(t, c.options...).Vmlinux, "remote_stop")
			if err != nil {
				t.Fatal(err)
			}
			if d.Same != c.same || d.TextSame != c.text || slices.Equal(d.Functions, []string{"remote_stop"}) == c.same {
				t.Errorf("%+v", d)
			}
		})
	}
	if _, err := SameCode(plain.Vmlinux, plain.Vmlinux, "nothing"); err == nil {
		t.Error("no error for a function that neither has")
	}
	if _, err := SameCode(plain.Vmlinux, plain.Vmlinux); err == nil {
		t.Error("no error for no function")
	}
}
