// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/objcodetest"
)

// assemble links a function f of the given lines, and returns where the labels
// first and last are.
func assemble(t *testing.T, body string) (binary string, f coderange.Range, first, last uint64) {
	t.Helper()
	objcodetest.NeedCompiler(t, crossCompiler)
	dir := t.TempDir()
	text := "\t.text\n\t.global f\n\t.type f, %function\nf:\n" + body + "\n\tret\n\t.size f, . - f\n"
	if err := os.WriteFile(filepath.Join(dir, "f.S"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	objcodetest.Run(t, dir, crossCompiler, "-march=armv8.3-a", "-nostdlib", "-static", "-Wl,-e,f", "-o", "f", "f.S")
	im, err := elfcode.Open(filepath.Join(dir, "f"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	for name, at := range map[string]*uint64{"first": &first, "last": &last} {
		if len(im.ByName[name]) != 1 {
			t.Fatalf("no label %s", name)
		}
		*at = im.ByName[name][0].Value
	}
	f, _ = im.Function(im.ByName["f"][0].Value)
	f.Symbol = "f"
	return filepath.Join(dir, "f"), f, first, last
}

func TestChain(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Chain
	}{
		"nothing":          {"first: ldr x1, [x0]\nlast: ldr x2, [x3]", Chain{}},
		"address":          {"first: ldr x1, [x0]\nadd x4, x3, x1, lsl #3\nlast: ldr x2, [x4]", Chain{Address: true}},
		"index":            {"first: ldapr x1, [x0]\nlast: ldr x2, [x3, x1]", Chain{Address: true}},
		"overwritten":      {"first: ldr x1, [x0]\nmov x1, #8\nlast: ldr x2, [x3, x1]", Chain{}},
		"false dependency": {"first: ldr x1, [x0]\neor x4, x1, x1\nlast: ldr x2, [x3, x4]", Chain{Address: true}},
		"control":          {"first: ldar x1, [x0]\ncmp x1, x5\nb.hi 1f\nlast: ldr x2, [x3]\n1:", Chain{Control: true}},
		"test of a bit":    {"first: ldr x1, [x0]\ntbz x1, #3, 1f\nlast: ldr x2, [x3]\n1:", Chain{Control: true}},
		"other control":    {"first: ldr x1, [x0]\ncbz x5, 1f\nlast: ldr x2, [x3]\n1:", Chain{}},
		"conditional select": {"first: ldr x1, [x0]\ncmp x1, #0\ncsel x4, x5, x6, eq\nlast: ldr x2, [x4]",
			Chain{Address: true}},
		"through memory": {"first: ldr x1, [x0]\nstr x1, [sp, #8]\nldr x4, [sp, #8]\nlast: ldr x2, [x4]", Chain{Address: true}},
		"barriers":       {"first: ldr x1, [x0]\ndmb ishld\nisb\nlast: ldr x2, [x3]", Chain{Barriers: []string{"dmb ishld", "isb"}}},
		"elsewhere":      {"dmb ish\nfirst: ldr x1, [x0]\nlast: ldr x2, [x3]\ndmb ish", Chain{}},
		"on one path":    {"first: ldr x1, [x0]\ncbz x7, 1f\ndmb ish\n1:\nlast: ldr x2, [x3]", Chain{Barriers: []string{"dmb ish"}}},
		"a call":         {"first: ldr x1, [x0]\nbl f\nlast: ldr x2, [x3]", Chain{Unknown: "bl f"}},
		"a barrier before it polls again": {"1: dmb ish\nfirst: ldr x1, [x0]\ncbz x1, 1b\nlast: ldr x2, [x3]",
			Chain{Control: true}},
		"a later round of the loop": {"first: ldr x1, [x0]\n1:\nlast: ldr x2, [x3]\nadd x3, x3, #8\ndmb ishld\ncmp x3, x1\nb.lo 1b",
			Chain{Control: true, Barriers: []string{"dmb ishld"}}},
	} {
		t.Run(name, func(t *testing.T) {
			binary, f, first, last := assemble(t, c.body)
			got, err := Between(binary, f, first, last)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestChainRefusesWhatIsElsewhere(t *testing.T) {
	binary, f, first, _ := assemble(t, "first: ldr x1, [x0]\nlast: ldr x2, [x3]")
	if _, err := Between(binary, f, first, f.End); err == nil {
		t.Error("an address outside the function was taken")
	}
}
