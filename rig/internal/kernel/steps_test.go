// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/kernel/store"
)

func TestStepsAreWhatMakeAnnounces(t *testing.T) {
	var told []Step
	s := steps{now: Step{Before: 90, Version: "6.1"}, tell: func(s Step) { told = append(told, s) }}
	for _, line := range []string{
		"make[1]: Entering directory '/x'", "  GEN     Makefile", "  CC      kernel/fork.o", "kernel/fork.c:3: warning: x",
		"  CC [M]  drivers/a.o", "", "  note: this is no step", "#", "  LD", "  HOSTCC  scripts/basic/fixdep",
	} {
		s.line(line)
	}
	require.Len(t, told, 4)
	assert.Equal(t, Step{Count: 2, Doing: "CC kernel/fork.o", Before: 90, Version: "6.1"}, told[1])
	assert.Equal(t, "CC [M] drivers/a.o", told[2].Doing)
	assert.Equal(t, 4, s.whole())
	s.reused = true
	assert.Zero(t, s.whole(), "no measure for a build that starts from nothing")
}

// The next whole build is told how many steps the last one had.
func TestStepsOfTheLastWholeBuild(t *testing.T) {
	dir := t.TempDir()
	tree := &Tree{store: store.Store{Dir: dir}}
	tree.cfg.Arch.Name = "arm64"
	for key, r := range map[string]record{
		"a": {Arch: "arm64", Version: "6.1", Steps: 90, Built: at(1)}, "b": {Arch: "arm64", Version: "6.12", Steps: 95, Built: at(2)},
		"c": {Arch: "arm64", Version: "7.0", Built: at(3)}, "d": {Arch: "x86_64", Version: "7.1", Steps: 99, Built: at(4)},
	} {
		require.NoError(t, store.WriteJSON(dir+"/builds/"+key+"/image.json", r))
	}
	assert.Equal(t, Step{Before: 95, Version: "6.12"}, tree.newSteps(false).now)
	assert.Zero(t, tree.newSteps(true).now)
	tree.Version = "6.1"
	assert.Equal(t, Step{Before: 90, Version: "6.1"}, tree.newSteps(false).now, "its own version's, though another is newer")
}

func at(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
