// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/author"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// Each line fits a terminal's width, but for commands and the cache's folder, which a
// terminal copies whole where it has wrapped them itself.
func TestTablesFitATerminal(t *testing.T) {
	checked := looked()
	checked.All = true
	for _, width := range []int{80, 40} {
		for name, c := range map[string]struct {
			write func(*bytes.Buffer) error
			whole string
		}{
			"check":     {func(b *bytes.Buffer) error { return Checked.Render(b, format.Text, ShownCheck{checked, width}) }, "next: "},
			"written":   {func(b *bytes.Buffer) error { return Written.Render(b, format.Text, ShownScenario{begun(), width}) }, "next: "},
			"scenarios": {func(b *bytes.Buffer) error { return Scenarios.Render(b, format.Text, ScenarioList{shipped(), width}) }, ""},
			"litmus": {func(b *bytes.Buffer) error {
				return Litmus.Render(b, format.Text, LitmusRun{Report: litmusReport(), Width: width})
			}, ""},
			"expect": {func(b *bytes.Buffer) error {
				return Expectations.Render(b, format.Text, ShownExpectations{expected(), width})
			}, ""},
			"cache": {func(b *bytes.Buffer) error {
				return Cache.Render(b, format.Text, CacheList{Dir: "/home/someone/.cache/kcovrig", Entries: kept(), Width: width})
			}, "3 entries, "},
			"doctor": {func(b *bytes.Buffer) error { return Checks.Render(b, format.Text, CheckList{examined(), width}) }, "  fix: "},
		} {
			var b bytes.Buffer
			require.NoError(t, c.write(&b), name)
			for line := range strings.Lines(b.String()) {
				if c.whole == "" || !strings.HasPrefix(line, c.whole) {
					assert.LessOrEqual(t, words.Widest(strings.TrimSuffix(line, "\n")), width, b.String())
				}
			}
			goldentest.Check(t, fmt.Sprintf("%s-%d.txt", name, width), b.String())
		}
	}
}

func begun() author.Written {
	return author.Written{
		Name: "mine", Dir: "/home/someone/scenarios/mine", Next: "kcovrig scenario check --tree debian:6.12 /home/someone/scenarios/mine", Files: []string{"fix.patch", "scenario.yaml"},
		Todo: []author.Remark{{Level: author.Todo, File: "mine/scenario.yaml", Line: 2, Col: 3, Text: "the title is the patch's subject: say which order goes wrong, and who sees it"}},
	}
}

func shipped() []author.Shipped {
	return []author.Shipped{{Name: "one", Title: "a() before b(), which a reader that has not waited can see", Archs: []string{"arm64", "x86_64"}, Default: true}, {Name: "second", Title: "c()", Archs: []string{"arm64"}}}
}

func expected() trial.Expectations {
	return trial.Expectations{
		Model: "linux-kernel.cat of Linux 6.12.117", Run: "/home/someone/.cache/kcovrig/runs/20261201-000000-arm64", Tests: []trial.Expected{
			{Name: "unpatched, acquire", Allowed: trial.Sometimes, Measured: true, Windows: 8479, HitWindows: 677},
			{Name: "patched, acquire", Allowed: trial.Never, Measured: true, Contradiction: true, Windows: 9, HitWindows: 2},
		},
		LKMM: []trial.ModelTest{{Name: "MP+polocks", Herd: "Never", Result: "Never", OK: true}, {Name: "ISA2+poonceonces+and+a-long-name", Note: "not a test that herd7 takes"}},
	}
}

func kept() []trial.CacheEntry {
	return []trial.CacheEntry{
		{Kind: "build", Name: strings.Repeat("5f", 32), Bytes: 1 << 30, Used: "2026-11-30T23:10:11Z", About: "arm64 6.12.117 unpatched, aarch64-linux-gnu-gcc 12.2.0", InUse: true},
		{Kind: "tree", Name: strings.Repeat("a0", 32), Bytes: 1500 << 20, Used: "2026-11-30T23:10:11Z", About: "6.12.117"},
		{Kind: "run", Name: "20261201-000000-arm64-5f5f", Bytes: 1 << 20, Used: "2026-11-30T23:10:11Z"},
	}
}

func examined() []trial.Check {
	return []trial.Check{
		{Name: "make", OK: true, Required: true, Detail: "/usr/bin/make"},
		{Name: "QEMU for arm64", Required: true, Detail: "qemu-system-aarch64 is of version 7.2.22, 11.0 or later is needed", Fix: "kcovrig doctor --fix"},
		{Name: "build sandbox", Detail: "no bwrap", Fix: "sudo apt-get install --no-install-recommends bubblewrap"},
	}
}
