// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// read returns the reports in lines of the kernel.
func read(text string) []report {
	var r reader
	for line := range strings.Lines(text) {
		r.record("4,1,1,-;" + strings.TrimSuffix(line, "\n"))
	}
	return r.found
}

// printed are messages as kernels print them, and the reports in them.
var printed = map[string]struct {
	text string
	want []report
}{
	"an oops on arm64": {`Unable to handle kernel NULL pointer dereference at virtual address 0000000000000050
Mem abort info:
  ESR = 0x0000000096000006
Internal error: Oops: 0000000096000006 [#1] SMP
CPU: 1 UID: 0 PID: 43 Comm: init Not tainted 6.12.117 #1
pstate: 60000005 (nZCv daif -PAN -UAO -TCO -DIT -SSBS BTYPE=--)
pc : tls_getsockopt+0x1c/0x2bc
lr : sock_common_getsockopt+0x18/0x20
Call trace:
 tls_getsockopt+0x1c/0x2bc
---[ end trace 0000000000000000 ]---`,
		[]report{{kind: wire.KindOops, text: "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000050", symbol: "tls_getsockopt+0x1c/0x2bc"}},
	},
	"an oops on x86": {`BUG: kernel NULL pointer dereference, address: 0000000000000050
#PF: supervisor read access in kernel mode
Oops: 0000 [#1] PREEMPT SMP NOPTI
CPU: 1 PID: 43 Comm: init Not tainted 6.1.0 #1
RIP: 0010:tls_getsockopt+0x12/0x34 [tls]
Call Trace:
RIP: 0033:0x7f0000001234`,
		[]report{{kind: wire.KindOops, text: "BUG: kernel NULL pointer dereference, address: 0000000000000050", symbol: "tls_getsockopt+0x12/0x34"}},
	},
	"an oops on x86, as it is called from 6.10 on": {"Oops: general protection fault, probably for non-canonical address 0xdead000000000122: 0000 [#2] SMP\nRIP: 0010:f.isra.0+0x1/0x2",
		[]report{{kind: wire.KindOops, text: "Oops: general protection fault, probably for non-canonical address 0xdead000000000122: 0000 [#2] SMP", symbol: "f.isra.0+0x1/0x2"}},
	},
	"a jump to address 0, which is its caller's": {"Internal error: Oops: 0000000086000004 [#1] SMP\npstate: 60000005\npc : 0x0\nlr : f+0x1/0x2\nsp : 0",
		[]report{{kind: wire.KindOops, text: "Internal error: Oops: 0000000086000004 [#1] SMP", caller: "f+0x1/0x2"}},
	},
	"a jump to address 0 from nowhere": {"Internal error: Oops: 0000000086000004 [#1] SMP\npc : 0x0\nlr : 0x0\nlr : f+0x1/0x2",
		[]report{{kind: wire.KindOops, text: "Internal error: Oops: 0000000086000004 [#1] SMP"}},
	},
	"a jump to address 0 whose registers are parted, so that they may be another's": {"Internal error: Oops: 0000000086000004 [#1] SMP\npc : 0x0\nWARNING: CPU: 0 PID: 1 at a.c:1 g+0x1/0x2\npc : g+0x1/0x2\nlr : f+0x1/0x2",
		[]report{{kind: wire.KindOops, text: "Internal error: Oops: 0000000086000004 [#1] SMP"}, {kind: wire.KindWarn, text: "WARNING: CPU: 0 PID: 1 at a.c:1 g+0x1/0x2", symbol: "g+0x1/0x2"}},
	},
	"an oops whose registers follow a jump's that was cut": {"Internal error: Oops: 0000000086000004 [#1] SMP\npc : 0x0\nInternal error: Oops: 0000000096000004 [#2] SMP\npc : g+0x1/0x2\nlr : f+0x1/0x2",
		[]report{{kind: wire.KindOops, text: "Internal error: Oops: 0000000086000004 [#1] SMP"}, {kind: wire.KindOops, text: "Internal error: Oops: 0000000096000004 [#2] SMP", symbol: "g+0x1/0x2"}},
	},
	"a jump to another place that is none": {"Internal error: Oops: 0000000086000004 [#1] SMP\npc : 0xdead000000000122\nlr : f+0x1/0x2",
		[]report{{kind: wire.KindOops, text: "Internal error: Oops: 0000000086000004 [#1] SMP"}},
	},
	"an oops that is cut": {"Internal error: Oops: 0000000096000004 [#1] SMP\n---[ end trace 0 ]---\npc : f+0x1/0x2",
		[]report{{kind: wire.KindOops, text: "Internal error: Oops: 0000000096000004 [#1] SMP"}},
	},
	"BUG() on arm64": {"kernel BUG at fs/pipe.c:12!\nInternal error: Oops - BUG: 00000000f2000800 [#1] SMP\npc : pipe_read+0xf8/0x400",
		[]report{{kind: wire.KindBug, text: "kernel BUG at fs/pipe.c:12!", symbol: "pipe_read+0xf8/0x400"}},
	},
	"BUG() on x86": {"kernel BUG at fs/pipe.c:12!\ninvalid opcode: 0000 [#1] SMP\nRIP: 0010:pipe_read+0xf8/0x400",
		[]report{{kind: wire.KindBug, text: "kernel BUG at fs/pipe.c:12!", symbol: "pipe_read+0xf8/0x400"}},
	},
	"BUG() on x86, without CONFIG_DEBUG_BUGVERBOSE": {"Kernel BUG at f+0x140/0x140 [verbose debug info unavailable]\nOops: invalid opcode: 0000 [#1] SMP\nRIP: 0010:lkdtm_BUG+0x0/0x10",
		[]report{{kind: wire.KindBug, text: "Kernel BUG at f+0x140/0x140 [verbose debug info unavailable]", symbol: "lkdtm_BUG+0x0/0x10"}},
	},
	"another BUG": {"BUG: sleeping function called from invalid context at mm/slab.h:401",
		[]report{{kind: wire.KindBug, text: "BUG: sleeping function called from invalid context at mm/slab.h:401"}},
	},
	"WARN(), whose registers are of no oops": {"WARNING: CPU: 0 PID: 43 at net/tls/tls_main.c:123 tls_init+0x12/0x34\npc : tls_init+0x12/0x34\n---[ end trace 0 ]---",
		[]report{{kind: wire.KindWarn, text: "WARNING: CPU: 0 PID: 43 at net/tls/tls_main.c:123 tls_init+0x12/0x34", symbol: "tls_init+0x12/0x34"}},
	},
	"WARN(), as it is printed today": {"WARNING: net/tls/tls_main.c:123 at tls_init+0x12/0x34, CPU#0: init/43",
		[]report{{kind: wire.KindWarn, text: "WARNING: net/tls/tls_main.c:123 at tls_init+0x12/0x34, CPU#0: init/43", symbol: "tls_init+0x12/0x34"}},
	},
	"KASAN": {"BUG: KASAN: slab-use-after-free in tls_getsockopt+0x1c/0x2bc\nRead of size 8 at addr ffff000012345678 by task init/43",
		[]report{{kind: wire.KindKASAN, text: "BUG: KASAN: slab-use-after-free in tls_getsockopt+0x1c/0x2bc", symbol: "tls_getsockopt+0x1c/0x2bc"}},
	},
	"what a busy host brings about": {"watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:43]\nBUG: workqueue lockup - pool cpus=0",
		[]report{{text: "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:43]"}, {text: "BUG: workqueue lockup - pool cpus=0"}},
	},
	"a warning amid an oops, which makes its place unknown": {"Internal error: Oops: 0000000096000004 [#1] SMP\nWARNING: CPU: 0 PID: 1 at a.c:1 g+0x1/0x2\npc : g+0x1/0x2",
		[]report{{kind: wire.KindOops, text: "Internal error: Oops: 0000000096000004 [#1] SMP"}, {kind: wire.KindWarn, text: "WARNING: CPU: 0 PID: 1 at a.c:1 g+0x1/0x2", symbol: "g+0x1/0x2"}},
	},
	"nothing": {"Booting Linux on physical CPU 0x0000000000 [0x411fd070]\nprintk: [#1]\npc : f+0x1/0x2\n: [#1\nx: [#]\nx: g [#1]", nil},
}

func TestReportsAreReadAsKernelsPrintThem(t *testing.T) {
	for name, c := range printed {
		assert.Equal(t, c.want, read(c.text), name)
	}
}

func TestAProgramCannotForgeReports(t *testing.T) {
	var r reader
	for _, record := range []string{
		"12,1,1,-;BUG: KASAN: x in f+0x1/0x2", // of the user's facility
		"BUG: KASAN: x in f+0x1/0x2",          // without a head
		"x,1,1,-;BUG: KASAN: x in f+0x1/0x2",
		"4,1,1,-;kcovrig: BUG: KASAN: x in f+0x1/0x2",
	} {
		r.record(record)
	}
	assert.Empty(t, r.found)
	r.record("3,1,1,-,caller=T43;BUG: KASAN: x in f+0x1/0x2")
	assert.Len(t, r.found, 1)
}

func TestAFunctionsPartsAndCopiesAreTheFunction(t *testing.T) {
	for symbol, want := range map[string]bool{
		"f+0x1/0x2": true, "f.isra.0+0x1/0x2": true, "f.cold+0x1/0x2": true,
		"f2+0x1/0x2": false, "xf+0x1/0x2": false, "": false,
	} {
		assert.Equal(t, want, report{symbol: symbol}.in("f"), symbol)
	}
	jump := report{kind: wire.KindOops, text: "an oops", caller: "f+0x1/0x2"}
	assert.True(t, jump.in("f"), "a jump to address 0 is its caller's")
	assert.False(t, jump.in("g"))
	assert.Equal(t, "an oops at 0x0, called from f+0x1/0x2", jump.words())
	assert.Equal(t, map[string]string{"pc": "0x0", "lr": "f+0x1/0x2"}, jump.fields())
	at := report{kind: wire.KindOops, symbol: "f+0x1/0x2"}
	assert.True(t, at.isDetected(wire.Detect{Kind: wire.KindOops, Function: "f"}))
	assert.True(t, at.isDetected(wire.Detect{Kind: wire.KindOops}))
	assert.False(t, at.isDetected(wire.Detect{Kind: wire.KindOops, Function: "g"}))
	assert.False(t, at.isDetected(wire.Detect{Kind: wire.KindWarn, Function: "f"}))
	assert.False(t, report{}.isDetected(wire.Detect{}), "a kind that is not known is never detected")
}

func TestASymbolIsFoundInWords(t *testing.T) {
	for text, want := range map[string]string{
		"pc : f+0x1/0x2": "f+0x1/0x2", "a+0x b+0x1 c+0x1/0x c+0x1/0xff [m]": "c+0x1/0xff",
		"+0x1/0x2": "", "": "", "x+0x": "", "\xff+0x1/0x2": "",
	} {
		assert.Equal(t, want, symbolIn(text), text)
	}
}

// A report that is still being printed is waited for, and one that never ends is known
// as far as it goes.
func TestTheRestOfAReportIsWaitedFor(t *testing.T) {
	const header = "4,1,1,-;Internal error: Oops: 0000000096000004 [#1] SMP\n"
	c := console{from: &dribble{header, "", "", "4,2,1,-;pc : f+0x1/0x2\n SUBSYSTEM=x\n"}}
	found, err := c.settle(patient.setUp)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "f+0x1/0x2", found[0].symbol)

	c = console{from: bytes.NewBufferString(header)}
	found, err = c.settle(1)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Empty(t, found[0].symbol)
}

// dribble gives one text a Read; an empty one says that there is no more at present.
type dribble []string

func (d *dribble) Read(b []byte) (int, error) {
	if len(*d) == 0 || (*d)[0] == "" {
		*d = (*d)[min(1, len(*d)):]
		return 0, syscall.EAGAIN
	}
	n := copy(b, (*d)[0])
	*d = (*d)[1:]
	return n, nil
}

func FuzzWhateverTheKernelSaysMayBeTold(f *testing.F) {
	f.Add("4,1,1,-;Internal error: Oops: 0000000096000004 [#1] SMP\n4,1,1,-;pc : f+0x1/0x2\n")
	f.Add("3,1,1,-;BUG: KASAN: \xff\x1b in f+0x1/0x2 address: \x07\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := console{from: strings.NewReader(text)}
		found, err := c.settle(0)
		require.NoError(t, err)
		for _, r := range found {
			d := wire.Detection{Kind: r.kind, Text: wire.Clean(r.words(), wire.MaxText), Fields: r.fields()}
			require.NoError(t, d.Check([]string{""}))
		}
		if len(found) > 0 {
			require.NoError(t, wire.Detection{Fields: map[string]string{"then": then(found)}}.Check([]string{""}))
		}
	})
}
