// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/trial"
)

func config(t testing.TB) Config {
	t.Helper()
	arm64, err := arch.Lookup("arm64")
	require.NoError(t, err)
	return Config{
		Arch: arm64, API: 7, CacheDir: "cache", Dir: "run", RAMBytes: 256 << 20,
		Scope: []coderange.Range{
			{Role: coderange.Callee, Symbol: "memcpy", Start: 0xffff80008027d310, End: 0xffff80008027d53c},
			{Role: coderange.Caller, Symbol: "ring_remote_stop", Start: 0xffff8000800ae714, End: 0xffff8000800ae7a0},
			{Role: coderange.Path, Symbol: "_raw_spin_lock", Start: 0xffff80008029a000, End: 0xffff80008029a060},
			{Role: coderange.Body, Symbol: "readAcquire", Start: 0xf7e60, End: 0xf7ef0},
		},
		Seed: 7, Policy: DefaultPolicy(), Marks: 16, Mark: coderange.Range{Start: 0xf7e40, End: 0xf7e60},
	}
}

// withAlterations has a kernel whose copy has a barrier, and one without the reader's.
func withAlterations(t *testing.T) Config {
	t.Helper()
	cfg := config(t)
	cfg.Select = coderange.Range{Start: 0xf7e20, End: 0xf7e40}
	cfg.Alterations = []trial.Alteration{
		{{Address: 0xffff80008027d340, To: trial.OrderStores, Before: true}, {Address: 0xffff80008027d340, To: trial.OrderRelease}},
		{{Address: 0xf7e64, To: trial.OrderNone}},
	}
	return cfg
}

func TestPlanIsGolden(t *testing.T) {
	got := Plan(config(t))
	goldentest.Check(t, "plan.golden", got)
	cfg := config(t)
	cfg.Scope[0], cfg.Scope[3] = cfg.Scope[3], cfg.Scope[0]
	assert.Equal(t, got, Plan(cfg), "the order of the scopes must not show")
	assert.NotContains(t, got, "focus")
	cfg.Reports = []uint64{0xffff800080010000, 0xffff800080020000}
	got = strings.Replace(got, "\nseed", "\nreport 0xffff800080010000\nreport 0xffff800080020000\nseed", 1)
	assert.Equal(t, got, Plan(cfg))
	cfg.Focus = 0xffff80008027d340
	assert.Equal(t, strings.Replace(got, "\nset active", "\nfocus 0xffff80008027d340\nset active", 1), Plan(cfg))
	goldentest.Check(t, "plan-altered.golden", Plan(withAlterations(t)))
}

func TestConfigIsValidated(t *testing.T) {
	require.NoError(t, config(t).Validate())
	require.NoError(t, withAlterations(t).Validate())
	x86, err := arch.Lookup("x86_64")
	require.NoError(t, err)
	for name, breakIt := range map[string]func(*Config){
		"an architecture without a decoder": func(c *Config) { c.Arch = x86 },
		"a QEMU that is too old":            func(c *Config) { c.API = 5 },
		"no folder":                         func(c *Config) { c.Dir = "" },
		"no RAM":                            func(c *Config) { c.RAMBytes = 0 },
		"no scope":                          func(c *Config) { c.Scope = nil },
		"a probability above one":           func(c *Config) { c.Policy.Stale = 1001 },
		"a wait without bound":              func(c *Config) { c.Policy.HoldNS = 2e6 },
		"a change outside the scope": func(c *Config) {
			c.Alterations = []trial.Alteration{{{Address: 0xffff80008027d53c, To: trial.OrderNone}}}
		},
		"a change to nothing known":       func(c *Config) { c.Alterations[1][0].To = "" },
		"an alteration without a change":  func(c *Config) { c.Alterations[0] = nil },
		"alterations that nobody selects": func(c *Config) { c.Select = coderange.Range{} },
		"more changes than fit": func(c *Config) {
			c.Alterations = slices.Repeat(c.Alterations[1:2], MaxChanges+1)
		},
		"a focus outside the scope":     func(c *Config) { c.Focus = 0xffff80008027d53c },
		"a focus between instructions":  func(c *Config) { c.Focus = 0xffff80008027d342 },
		"marks without a function":      func(c *Config) { c.Mark = coderange.Range{} },
		"reports that no mark asks for": func(c *Config) { c.Marks, c.Reports = 0, []uint64{8} },
		"more reports than fit":         func(c *Config) { c.Reports = make([]uint64, maxReports+1) },
	} {
		cfg := withAlterations(t)
		breakIt(&cfg)
		assert.Error(t, cfg.Validate(), name)
	}
}

func TestCountersAreSummed(t *testing.T) {
	var data bytes.Buffer
	for vCPU := range uint64(maxVCPUs) {
		for i, name := range []string{"delayed", "drained"} {
			var field [nameBytes]byte
			copy(field[:], name)
			data.Write(field[:])
			require.NoError(t, binary.Write(&data, binary.NativeEndian, vCPU*uint64(i+1)))
		}
	}
	got, err := parseCounters(data.Bytes())
	require.NoError(t, err)
	assert.Equal(t, map[string]uint64{"delayed": 28, "drained": 56}, got)
	_, err = parseCounters(data.Bytes()[:recordSize+1])
	assert.Error(t, err, "a file that was cut")
	_, err = ReadCounters(filepath.Join(t.TempDir(), "absent"))
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}

// trace renders marks as the plugin does.
func trace(t *testing.T, used uint64) []byte {
	t.Helper()
	var data bytes.Buffer
	put := func(v any) { require.NoError(t, binary.Write(&data, binary.NativeEndian, v)) }
	head := traceHeader{VCPUs: 2, MarkMax: 2, Used: used}
	copy(head.Magic[:], "kcovrig-trace 2")
	put(head)
	put(traceMark{NS: 100, VCPU: 1, Virt: 0x4000, Phys: 0x41000000, Index: 3, Count: 5, Number: 1, Report: 1, PC: 0x77})
	for vcpu := range uint64(2) {
		var events [traceEvents]traceEvent
		events[9] = traceEvent{NS: 60 - 10*vcpu, PC: 0x10 + vcpu, Kind: uint32(EventDelayed), Bytes: 8, Value: 42}
		put(events)
	}
	return data.Bytes()
}

func TestMarksAreReadInTheOrderOfTime(t *testing.T) {
	marks, err := parseMarks(bytes.NewReader(trace(t, 1)))
	require.NoError(t, err)
	require.Len(t, marks, 1)
	assert.Equal(t, []Event{
		{VCPU: 1, NS: 50, PC: 0x11, Value: 42, Kind: EventDelayed, Bytes: 8},
		{VCPU: 0, NS: 60, PC: 0x10, Value: 42, Kind: EventDelayed, Bytes: 8},
	}, marks[0].Events)
	marks[0].Events = nil
	assert.Equal(t, Mark{Number: 1, NS: 100, VCPU: 1, Virt: 0x4000, Phys: 0x41000000, Index: 3, Count: 5, Report: true, PC: 0x77}, marks[0])

	_, err = parseMarks(bytes.NewReader(trace(t, 2)))
	assert.ErrorContains(t, err, "mark 2", "a mark that is not there")
	_, err = parseMarks(bytes.NewReader(trace(t, 3)))
	assert.Error(t, err, "more marks than places")
	_, err = parseMarks(strings.NewReader("something else, long enough to be a header....."))
	assert.Error(t, err)
}

// Symbols are of kernels and programs, whose trees and compilers may be anybody's: one in a
// plan's line is no line of its own, which could name files for the plugin to write.
func FuzzPlan(f *testing.F) {
	f.Add("memcpy")
	f.Add("f\ncounters /home/user/.profile")
	f.Add("a b\r\ttrace x 7")
	f.Fuzz(func(t *testing.T, symbol string) {
		cfg := config(t)
		want := strings.Split(Plan(cfg), "\n")
		cfg.Scope[0].Symbol = symbol
		got := strings.Split(Plan(cfg), "\n")
		require.Len(t, got, len(want))
		for i := range got {
			if got[i] == want[i] {
				continue
			}
			assert.Regexp(t, `^scope callee 0x[0-9a-f]+ 0x[0-9a-f]+ [!-~]{1,63}$`, got[i])
		}
	})
}
