// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// triedIn checks a scenario whose program gets on so in the unpatched kernel.
func triedIn(t *testing.T, g rigtest.Guest, change ...string) (*rigtest.Lab, Checked, error) {
	t.Helper()
	lab := rigtest.NewLab(g, rigtest.Guest{})
	lab.Kernel = functions("helper", "victim")
	o := CheckRequest{Config: lab.Config(t), Open: func(context.Context, kernels.Config) (Facts, error) { return facts{}, nil }}
	o.Spec.Modes, o.Spec.Readers, o.Spec.Scenario = nil, nil, folder(t, change...)
	o.Tools.Program = func(context.Context, program.Config) ([]byte, error) { return armELF(t), nil }
	got, err := Check(t.Context(), o)
	return lab, got, err
}

func TestTheProgramIsTriedInTheUnpatchedKernel(t *testing.T) {
	lab, got, err := triedIn(t, rigtest.Guest{HitEvery: 2})
	require.NoError(t, err)
	assert.True(t, got.OK, "%+v", got.Remarks)
	require.NotNil(t, got.Tried)
	assert.NotZero(t, got.Tried.Windows)
	assert.NotZero(t, got.Tried.Hits)
	require.Len(t, lab.Boots, 1)
	assert.Contains(t, lab.Boots[0].Dir, "unpatched")
	assert.NotEmpty(t, lab.Boots[0].Plugin, "with the emulator, as a comparison would")
}

func TestAProgramThatTheKernelCannotRunIsWrong(t *testing.T) {
	const console = "[ 1.0] Run /init as init process\n[ 1.1] n_gsm: hello\n"
	broken := wire.Faultf(wire.WhoseGuest, "run the program", "it exited with status 1, which is no detection; it printed last: %q", "mount devpts: No such device")
	_, got, err := triedIn(t, rigtest.Guest{Fault: broken, Console: console})
	require.NoError(t, err)
	assert.False(t, got.OK)
	require.Len(t, got.Remarks, 1)
	assert.Equal(t, Wrong, got.Remarks[0].Level)
	assert.Equal(t, "10:3", place(got.Remarks[0]), "the workload's")
	assert.Contains(t, got.Remarks[0].Text, "mount devpts: No such device")
	assert.Equal(t, []string{"[ 1.0] Run /init as init process", "[ 1.1] n_gsm: hello"}, got.Tried.Console)

	_, got, err = triedIn(t, rigtest.Guest{HangUp: 1, Console: console})
	require.Equal(t, fault.Rig, fault.KindOf(err), "who ended it is not known: %+v", got)
	assert.False(t, got.OK)
}

func TestAProgramThatTriesNothingIsWrongAndOneThatIsSlowIsNoted(t *testing.T) {
	boots := []string{"  - oops: victim", "  - {oops: victim, after: reboot}"}
	for _, c := range []struct {
		windows string
		ok      bool
		want    string
	}{
		{"4", true, "no more than 4 tries within 3s"},
		{"20", true, ""},
	} {
		change := append(boots, "  source: mine.c", "  source: mine.c\n  boot: "+c.windows)
		_, got, err := triedIn(t, rigtest.Guest{}, change...)
		require.NoError(t, err)
		assert.Equal(t, c.ok, got.OK, "%+v", got.Remarks)
		if c.want == "" {
			assert.Empty(t, got.Remarks)
			continue
		}
		require.Len(t, got.Remarks, 1)
		assert.Contains(t, got.Remarks[0].Text, c.want)
	}
	var c checker
	require.NoError(t, c.gotOn(nil, nil))
	require.Len(t, c.out.Remarks, 1)
	assert.Contains(t, c.out.Remarks[0].Text, "it ended no window within 3s")
	assert.Equal(t, Wrong, c.out.Remarks[0].Level)
}

func TestWithoutABootTheProgramIsSaidNotToHaveRun(t *testing.T) {
	got := looked(t, folder(t), facts{}, func(o *CheckRequest) { o.NoBoot = true })
	assert.True(t, got.OK)
	assert.Nil(t, got.Tried)
	assert.Len(t, got.Kernels, 2)
	require.Len(t, got.Skipped, 1)
	assert.Contains(t, got.Skipped[0], "the program, which was not run")
}

// Builds take minutes: whoever waits is told what for.
func TestBuildsOfACheckAreStages(t *testing.T) {
	var begun []string
	looked(t, folder(t), facts{}, func(o *CheckRequest) {
		o.NoBoot, o.Events = true, func(e trial.Event) {
			if e.Stage != nil && !e.Stage.Done {
				begun = append(begun, e.Stage.Name)
			}
		}
	})
	assert.Equal(t, []string{"source", "build unpatched", "build patched"}, begun)
}
