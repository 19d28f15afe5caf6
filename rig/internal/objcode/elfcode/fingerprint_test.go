// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"path/filepath"
	"slices"
	"testing"

	"kcovrig/rig/internal/objcode/objcodetest"
)

func TestFingerprint(t *testing.T) {
	print := func(options ...string) string {
		t.Helper()
		h, err := Fingerprint(filepath.Join(objcodetest.Build(t, options...).Dir, "kernel/move.o"), []string{"remote_stop"})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	plain := print()
	for name, c := range map[string]struct {
		options []string
		same    bool
	}{
		"the same":        {nil, true},
		"a macro unused":  {[]string{"-DUNUSED"}, true},
		"the fix":         {[]string{"-DAFTER=WMB"}, false},
		"another barrier": {[]string{`-DAFTER=BARRIER("dmb ishld")`}, false},
		"another offset":  {[]string{"-DFIELD"}, false},
		"another call":    {[]string{"-DAFTER=hook()"}, false},
		"not inlined":     {[]string{objcodetest.NoInline}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if same := print(c.options...) == plain; same != c.same {
				t.Errorf("the same: %t, want %t", same, c.same)
			}
		})
	}
	// Only what is called differs: neither the code nor its size.
	call := func(name string) string { return print("-DAFTER={ void " + name + "(void); " + name + "(); }") }
	if call("hook") == call("copy_veneer") {
		t.Error("a call of another function is the same")
	}
	all := func(options ...string) string {
		t.Helper()
		h, err := Fingerprint(filepath.Join(objcodetest.Build(t, options...).Dir, "kernel/move.o"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	whole := all()
	if whole == all("-DAFTER=WMB") || whole == all("-DMOVED") {
		t.Error("other code has the same hash")
	}
	if whole != all("-DNOTHING") {
		t.Error("the same code differs")
	}
	object := filepath.Join(objcodetest.Build(t).Dir, "kernel/move.o")
	if _, err := Fingerprint(object, []string{"nothing"}); err == nil {
		t.Error("no error for a function that is not there")
	}
}

func TestDefiners(t *testing.T) {
	f := objcodetest.Build(t)
	found, err := Definers(f.Dir, []string{"remote_stop"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(found["remote_stop"], []string{"kernel/move.o"}) {
		t.Errorf("found in %v", found)
	}
	if _, err := Definers(f.Dir, []string{"remote_stop", "nothing"}); err == nil {
		t.Error("no error for a function that no object has")
	}
}
