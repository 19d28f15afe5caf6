// SPDX-License-Identifier: Apache-2.0

//go:build linux

package program

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

func oops(symbol string) []string {
	return []string{
		"Unable to handle kernel NULL pointer dereference at virtual address 0000000000000050",
		"Internal error: Oops: 0000000096000006 [#1]  SMP", "pc : " + symbol, "---[ end trace 0000000000000000 ]---",
	}
}

func TestAnOopsInTheFunctionIsAHitAndElsewhereTheKernelsFault(t *testing.T) {
	detect := []wire.Detect{{Kind: wire.KindOops, Function: "tls_getsockopt"}}
	b := newBench(t, wire.WindowTold, detect, "stuck")
	b.enough = func(b *bench) bool {
		if windows(uint64(len(b.hits)*6+5))(b) && len(b.hits) < 2 {
			b.kernel.say(append(oops("tls_getsockopt+0x1c/0x2bc"), "BUG: scheduling while atomic: init/43/0x00000002")...)
		}
		return len(b.hits) == 2
	}
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, uint64(2), done.Tallies[0].HitWindows)
	assert.Equal(t, "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000050 in tls_getsockopt+0x1c/0x2bc", b.hits[0].Text)
	assert.Equal(t, map[string]string{"pc": "tls_getsockopt+0x1c/0x2bc", "address": "0000000000000050", "then": "bug"}, b.hits[0].Fields)
	assert.Equal(t, uint64(5), b.hits[0].Window)
	assert.Equal(t, uint64(1), b.hits[1].Round, "it is started again")

	b = newBench(t, wire.WindowTold, detect, "stuck")
	b.enough = func(b *bench) bool { b.kernel.say(oops("kfree+0x10/0x20")...); return false }
	_, err = b.run(t)
	requireFault(t, err, wire.WhoseKernel, "kfree+0x10/0x20")
	assert.NotContains(t, err.Error(), "after: reboot")
	assert.Empty(t, b.hits)
}

// A kernel that went on after a hit may be another than before, as arm64's after BUG().
func TestAReportThatComesAfterAHitMayBeItsConsequence(t *testing.T) {
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindOops, Function: "tls_getsockopt"}}, "stuck")
	b.enough = func(b *bench) bool {
		switch {
		case windows(3)(b) && len(b.hits) == 0:
			b.kernel.say(oops("tls_getsockopt+0x1c/0x2bc")...)
		case windows(6)(b):
			b.kernel.say("WARNING: CPU: 0 PID: 0 at ct_kernel_exit.constprop.0+0x8c/0x94")
		}
		return false
	}
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseKernel, "ct_kernel_exit.constprop.0+0x8c/0x94: it comes after hits of this boot")
	assert.ErrorContains(t, err, "after: reboot")
	assert.Len(t, b.hits, 1)
}

// A program that dies of an oops is judged by the oops: its death is a consequence.
func TestADeathThatAReportBroughtAboutIsTheReports(t *testing.T) {
	b := newBench(t, wire.WindowRun, []wire.Detect{{Kind: wire.KindExit}}, "status")
	b.Program.Window = wire.WindowTold
	b.enough = nil
	b.kernel.say("Booting Linux on physical CPU 0x0", "WARNING: CPU: 0 PID: 1 at a.c:1 boot+0x1/0x2")
	said := false
	b.enough = func(b *bench) bool {
		if !said {
			b.kernel.say(oops("kfree+0x10/0x20")...)
		}
		said = true
		return false
	}
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseKernel, "kfree")
}

func TestAKernelThatIsBrokenBeforeTheProgramStartsMeasuresNothing(t *testing.T) {
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindOops}}, "told")
	b.kernel.say(oops("tls_getsockopt+0x1c/0x2bc")...)
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseKernel, "tls_getsockopt")
}

func TestMessagesThatCannotBeReadAreAFault(t *testing.T) {
	for want, cause := range map[string]error{"overwritten": unix.EPIPE, "odd": errors.New("odd")} {
		b := newBench(t, wire.WindowTold, told, "stuck")
		b.enough = func(b *bench) bool {
			b.kernel.mu.Lock()
			defer b.kernel.mu.Unlock()
			b.kernel.err = cause
			return false
		}
		_, err := b.run(t)
		require.ErrorContains(t, err, want)
	}
}

func TestAReportDuringTheSetUpIsNoHit(t *testing.T) {
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindOops}}, "never")
	b.Program.Ready = true
	b.enough = func(b *bench) bool { b.kernel.say(oops("f+0x1/0x2")...); return false }
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseKernel, "f+0x1/0x2")
	assert.True(t, strings.HasPrefix(err.Error(), "run the program"), err)
}
