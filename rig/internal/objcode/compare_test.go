// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"slices"
	"testing"
)

func TestSameCode(t *testing.T) {
	plain := build(t)
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
		"not inlined":     {[]string{noinline}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := SameCode(plain.vmlinux, build(t, c.options...).vmlinux, "remote_stop")
			if err != nil {
				t.Fatal(err)
			}
			if d.Same != c.same || d.TextSame != c.text || slices.Equal(d.Functions, []string{"remote_stop"}) == c.same {
				t.Errorf("%+v", d)
			}
		})
	}
	if _, err := SameCode(plain.vmlinux, plain.vmlinux, "nothing"); err == nil {
		t.Error("no error for a function that neither has")
	}
	if _, err := SameCode(plain.vmlinux, plain.vmlinux); err == nil {
		t.Error("no error for no function")
	}
}
