// SPDX-License-Identifier: Apache-2.0

package program

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
)

func TestAPanicIsFoundOnTheConsole(t *testing.T) {
	const stop = "Kernel panic - not syncing: Fatal exception in interrupt"
	in := func(function string) string {
		return "Internal error: Oops: 0000000096000006 [#1] SMP\npc : " + function + "+0x1c/0x2bc\n---[ end trace 0 ]---\n"
	}
	x86 := "[    1.234567][   T43] BUG: kernel NULL pointer dereference, address: 0000000000000050\r\n[    1.234570][   T43] Oops: 0000 [#1] SMP\r\n" +
		"[    1.234575][   T43] RIP: 0010:f+0x1c/0x2bc\r\n[    1.300000][   T43] Kernel panic - not syncing: Fatal exception\r\n"
	f, anyPanic := wire.Detect{Kind: wire.KindPanic, Function: "f"}, wire.Detect{Kind: wire.KindPanic}
	oopsInG := wire.Detect{Kind: wire.KindOops, Function: "g"}
	for name, c := range map[string]struct {
		console string
		detects []wire.Detect
		want    bool
	}{
		"in the function":              {in("f") + stop, []wire.Detect{f}, true},
		"in a part of it":              {in("f.isra.0") + stop, []wire.Detect{f}, true},
		"with times, on x86":           {x86, []wire.Detect{f}, true},
		"a BUG":                        {"kernel BUG at a.c:3!\nInternal error: Oops - BUG: 00000000f2000800 [#1] SMP\npc : f+0x1/0x2\n" + stop, []wire.Detect{f}, true},
		"in whatever function":         {in("g") + stop, []wire.Detect{anyPanic}, true},
		"after a warning":              {"WARNING: CPU: 0 PID: 1 at a.c:3 g+0x1/0x2\n" + in("f") + stop, []wire.Detect{f}, true},
		"after a hit that it survived": {in("g") + in("f") + stop, []wire.Detect{oopsInG, f}, true},
		"elsewhere":                    {in("g") + stop, []wire.Detect{f}, false},
		"after an oops elsewhere":      {in("g") + in("f") + stop, []wire.Detect{f}, false},
		"before another oops":          {in("f") + in("g") + stop, []wire.Detect{f}, false},
		"after a hit alone":            {in("g") + stop, []wire.Detect{oopsInG, f}, false},
		"an oops that it survives":     {in("f"), []wire.Detect{f}, false},
		"a panic for another reason":   {stop, []wire.Detect{anyPanic}, false},
		"of PID 1":                     {"Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n", []wire.Detect{anyPanic}, false},
		"at a place that is not known": {strings.Replace(in("f"), "pc : ", "sp : ", 1) + stop, []wire.Detect{f}, false},
		"a warning alone":              {"WARNING: CPU: 0 PID: 1 at a.c:3 f+0x1/0x2\n" + stop, []wire.Detect{f}, false},
		"that nobody looks for":        {in("f") + stop, []wire.Detect{{Kind: wire.KindOops, Function: "f"}}, false},
		"an oops behind it":            {stop + "\n" + in("f"), []wire.Detect{f}, false},
		"nothing":                      {"", []wire.Detect{f}, false},
	} {
		hit, ok := Panicked([]byte(c.console), c.detects)
		assert.Equal(t, c.want, ok, name)
		if ok {
			assert.NoError(t, hit.Check([]string{""}), name)
			assert.Equal(t, wire.KindPanic, hit.Kind, name)
		} else {
			assert.Equal(t, wire.Detection{}, hit, name)
		}
	}
}

func FuzzWhateverAConsoleHoldsMayBeTold(f *testing.F) {
	f.Add([]byte("[ 1.2] Internal error: Oops: 1 [#1]\npc : f+0x1/0x2\nKernel panic - not syncing: \x1b[2J\xff"))
	f.Fuzz(func(t *testing.T, console []byte) {
		if hit, ok := Panicked(console, []wire.Detect{{Kind: wire.KindPanic}}); ok {
			assert.NoError(t, hit.Check([]string{""}))
		}
	})
}
