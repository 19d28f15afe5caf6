// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// printed is what these tests read of the JSON interface.
type printed struct {
	Verdict    string
	Confidence *float64
	Reasons    []string
	Modes      []struct{ Mode, Verdict string }
	Arms       []struct {
		Patched                                      bool
		Reader, Mode, Outcome, Console               string
		Windows, Units, HitWindows, HitUnits, Writes uint64
		Argv                                         []string
		Emulator                                     map[string]uint64
		Detections                                   []map[string]any
		Boots                                        []trial.Boot
	}
	Kernel struct{ Version, TreeHash, ConfigHash, Compiler string }
	Images []struct {
		Patched, Cached bool
		Path, Log       string
	}
	QEMU        struct{ MemoryModel, Accel string }
	CodeDiffers *bool
	Code        []struct {
		Patched bool
		Ordered string
	}
	Error *struct{ Whose, Op, Message, Log, Tail, Try string }
}

// result reads the object after it was held against the schema.
func (c *invocation) result() printed {
	c.t.Helper()
	matchesSchema(c.t, c.object())
	var r printed
	require.NoError(c.t, json.Unmarshal(c.out.Bytes(), &r))
	return r
}

// certain wants both sides of a verdict to be there: stale reads unpatched in
// every mode, none patched.
func (r printed) certain(t *testing.T, modes int) {
	t.Helper()
	require.NotNil(t, r.Confidence)
	assert.GreaterOrEqual(t, *r.Confidence, 1-1e-9)
	require.Len(t, r.Arms, 2*modes)
	for _, a := range r.Arms {
		assert.Equal(t, "ok", a.Outcome)
		assert.NotZero(t, a.Windows)
		assert.GreaterOrEqual(t, a.Units, a.Windows)
		assert.NotZero(t, a.Emulator["delayed"])
		assert.FileExists(t, a.Console)
		if a.Patched {
			assert.Zero(t, a.HitWindows+a.HitUnits)
			assert.Empty(t, a.Detections)
		} else {
			assert.NotZero(t, a.HitWindows, a.Mode)
			assert.NotEmpty(t, a.Detections, a.Mode)
		}
	}
}

func TestE2ECompare(t *testing.T) {
	r := kcovrig(t, nil, "compare", "--arch=arm64", "--json").run(0).result()
	assert.Equal(t, "fixed", r.Verdict)
	r.certain(t, 2)
	require.NotNil(t, r.CodeDiffers)
	assert.True(t, *r.CodeDiffers)
	require.Len(t, r.Code, 2)
	assert.Equal(t, "no", r.Code[0].Ordered)
	assert.Equal(t, "yes", r.Code[1].Ordered)
}

func TestE2EASecondRunBuildsNothing(t *testing.T) {
	kcovrig(t, nil, "build", "--arch=arm64").run(0).says("next    kcovrig compare --arch=arm64")
	r := kcovrig(t, nil, "build", "--arch=arm64", "--json").run(0).result()
	require.Len(t, r.Images, 2)
	for _, i := range r.Images {
		assert.True(t, i.Cached)
		assert.FileExists(t, i.Path)
	}
}

// What a comparison prints is what README.md shows, and its end what docs/running.md does.
func TestE2ETextIsThatOfTheReadme(t *testing.T) {
	c := kcovrig(t, nil, "compare", "--arch=arm64").run(0)
	_, verdict, found := strings.Cut(c.out.String(), "\nverdict: ")
	require.True(t, found)
	assert.True(t, strings.HasPrefix(verdict, "FIXED\n"), verdict)
	notes := regexp.MustCompile(`(?m)^note: .*\n`)
	goldentest.Like(t, goldentest.Block(t, "../../README.md", "kernel    Linux"), notes.ReplaceAllString(c.out.String(), ""))
	folder := regexp.MustCompile(`/\S*/runs/[^/\s]*-arm64-[0-9a-f]+`)
	end := goldentest.Block(t, "../../docs/running.md", "report  file:///")
	lines := strings.SplitAfter(c.log.String(), "\n")
	require.Greater(t, len(lines), 3)
	assert.Equal(t, folder.ReplaceAllString(end, "RUN"), folder.ReplaceAllString(strings.Join(lines[len(lines)-3:], ""), "RUN"))
}

func TestE2EOneModeAlone(t *testing.T) {
	for _, mode := range []string{"pc", "cmp"} {
		t.Run(mode, func(t *testing.T) {
			c := kcovrig(t, nil, "compare", "--arch=arm64", "--json", "--mode="+mode, "--seed=7").run(0)
			r := c.result()
			assert.Equal(t, "fixed", r.Verdict)
			assert.EqualValues(t, 7, c.object()["spec"].(map[string]any)["seed"])
			r.certain(t, 1)
			for _, a := range r.Arms {
				assert.Equal(t, mode, a.Mode)
			}
		})
	}
}

// The kernel runs memset from its identity map before its own addresses are in
// use, and QEMU shares such blocks: the emulator must begin only afterwards.
func TestE2EAScopeThatEarlyBootRuns(t *testing.T) {
	r := kcovrig(t, nil, "run", "--arch=arm64", "--patched", "--scope=kernel:memset", "--json").run(0).result()
	for _, a := range r.Arms {
		assert.Equal(t, "ok", a.Outcome)
		assert.NotZero(t, a.Emulator["delayed"])
		assert.Zero(t, a.HitWindows)
	}
}

func TestE2EX86HasNoEffect(t *testing.T) {
	r := kcovrig(t, nil, "compare", "--arch=x86_64", "--json").run(0).result()
	assert.Equal(t, "no-effect-possible", r.Verdict)
	assert.Nil(t, r.Confidence)
	require.NotEmpty(t, r.Reasons)
	assert.Contains(t, r.Reasons[0], "TSO")
	require.Len(t, r.Arms, 4)
	for _, a := range r.Arms {
		assert.NotZero(t, a.Windows)
		assert.Zero(t, a.HitWindows)
	}
}

// A user's patch that leaves the code as it is, is judged on no architecture: not on one
// either that keeps stores in order, where a scenario's own fix may be no code.
func TestE2EAPatchThatIsNoCode(t *testing.T) {
	before := source(t)
	patch := diff(t, before, strings.Replace(before, "= bytes_to_move >> entry_size_log;", "= (bytes_to_move >> entry_size_log);", 1))
	for arch, barrier := range map[string]bool{"arm64": false, "x86_64": true} {
		t.Run(arch, func(t *testing.T) {
			r := kcovrig(t, nil, "compare", "--arch="+arch, "--patch="+patch, "--json").run(exitInconclusive).result()
			assert.Equal(t, "identical", r.Verdict, "%v", r.Reasons)
			require.NotEmpty(t, r.Reasons)
			assert.Equal(t, barrier, strings.Contains(r.Reasons[0], "is no instruction on it but a compiler barrier"), r.Reasons[0])
			assert.Empty(t, r.Arms)
		})
	}
}

func TestE2EOneArmGivesATally(t *testing.T) {
	for arm, stale := range map[string]bool{"--patched": false, "--unpatched": true} {
		t.Run(arm, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "kept")
			c := kcovrig(t, nil, "run", "--arch=arm64", arm, "--json", "--duration=1s", "--out", out).run(0)
			r := c.result()
			assert.Empty(t, r.Verdict)
			require.Len(t, r.Arms, 2)
			for _, a := range r.Arms {
				assert.Equal(t, arm == "--patched", a.Patched)
				assert.Equal(t, stale, a.HitWindows > 0, a.Mode)
				assert.Equal(t, out, filepath.Dir(filepath.Dir(a.Console)))
			}
			kept, err := result.Load(out)
			require.NoError(t, err)
			var said result.Document
			require.NoError(t, json.Unmarshal(c.out.Bytes(), &said))
			assert.Equal(t, said, kept.Document, "what is printed names files from anywhere, what is kept as from its folder")
			assert.NotContains(t, string(kept.Raw), out)
		})
	}
}

func TestE2EWithoutTheEmulatorNothingIsConcluded(t *testing.T) {
	r := kcovrig(t, nil, "compare", "--arch=arm64", "--memory-model=native", "--duration=1s", "--json").run(4).result()
	assert.Equal(t, "inconclusive", r.Verdict)
	assert.Nil(t, r.Confidence)
	assert.Equal(t, "native", r.QEMU.MemoryModel)
	for _, a := range r.Arms {
		assert.Zero(t, a.HitWindows)
		assert.Empty(t, a.Emulator)
	}
}

// The oldest kernel that is meant to work, from before the worker of vhost became a
// thread of the process (6.4), by clang, which calls the copy as gcc does; and one that
// has the fix: --unpatched takes it out.
func TestE2EOtherKernels(t *testing.T) {
	for _, of := range []struct{ tree, version, compiler string }{
		{"debian:5.10", "5.10.", "clang"}, {"debian:7.3", "7.3", "gcc"},
	} {
		t.Run(of.tree, func(t *testing.T) {
			r := kcovrig(t, nil, "compare", "--arch=arm64", "--json", "--tree="+of.tree, "--compiler="+of.compiler).run(0).result()
			assert.Equal(t, "fixed", r.Verdict)
			assert.True(t, strings.HasPrefix(r.Kernel.Version, of.version), r.Kernel.Version)
			assert.Contains(t, r.Kernel.Compiler, of.compiler)
			r.certain(t, 2)
			require.Len(t, r.Code, 2)
			assert.Equal(t, "no", r.Code[0].Ordered)
			assert.Equal(t, "yes", r.Code[1].Ordered)
		})
	}
}
