// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One body of a store and a barrier, which an alteration takes away.
var (
	altersPlan   = bodyPlan + fmt.Sprintf("change 1 instead %#x none\n", uint64(codeAt+4))
	altersScript = codeLine(codeAt, []uint32{0xf9000001, 0xd5033fbf, 0xd65f03c0}) + fmt.Sprintf("reg 0 0 %#x\npc 0 %#x\nrun 0\n", uint64(dataAt), uint64(codeAt))
)

// Whichever of its allocations fails, the emulator ends QEMU with a line that the rig shows.
func TestWithoutMemoryTheMachineEnds(t *testing.T) {
	var missed []string
	for n := 0; ; n++ {
		require.Less(t, n, 100)
		_, err := guest{plan: altersPlan, script: altersScript}.start(t, fmt.Sprintf("HARNESS_MEMORY=%d", n))
		if err == nil {
			break
		}
		m := regexp.MustCompile(`^kcovrig: no memory for (.*), [1-9][0-9]* bytes$`).FindStringSubmatch(tailOf(err))
		require.NotNil(t, m, "%v: %s", err, tailOf(err))
		missed = append(missed, m[1])
	}
	assert.Equal(t, []string{"an alteration", "an instruction", "the instructions of a scope", "the records of guest RAM"}, slices.Compact(slices.Sorted(slices.Values(missed))))
}

// All memory comes from end.c, but for glib's arrays: glib ends the process itself.
func TestMemoryIsAskedForInOnePlace(t *testing.T) {
	allocates := regexp.MustCompile(`\b(\w*alloc|\w*str(?:n)?dup|\w*asprintf|getline|open_memstream|g_new\w*|g_malloc\w*)\(`)
	asks := 0
	for name, text := range codeOf(t) {
		for _, function := range namesOf(allocates, text) {
			if name == "end.c" {
				asks++
				continue
			}
			t.Errorf("plugin/%s calls %s: ask end_or_allocate", name, function)
		}
	}
	assert.Equal(t, 1, asks)
}

// A disk that has no room for what the emulator counts is an error at the start, not a
// signal at the first count.
func TestAFullDiskIsToldAtTheStart(t *testing.T) {
	full := t.TempDir()
	g := guest{untold: true, plan: bodyPlan + "counters " + full + "/counters\n"}
	g.within = []string{"unshare", "-Urm", "sh", "-c", `mount -t tmpfs -o size=4k tmpfs "$0" && exec "$@"`, full}
	_, err := g.start(t)
	require.Error(t, err)
	assert.Contains(t, tailOf(err), "kcovrig: map counters "+full+"/counters: No space left on device", "%v", err)
}
