// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// threadStat writes what proc(5) says of a thread: its state, and ticks of a hundredth of a second.
func threadStat(t *testing.T, folder, id string, state byte, user, system int) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, id), 0o755))
	text := fmt.Sprintf("%s (CPU 0/T) R 1) %c 1 2 2 0 -1 4194368 5 0 0 0 %d %d 0 0 20 0 4 0 99\n", id, state, user, system)
	require.NoError(t, os.WriteFile(filepath.Join(folder, id, "stat"), []byte(text), 0o600))
}

func TestWhatAProcessCanUseOfTheTime(t *testing.T) {
	folder := t.TempDir()
	threadStat(t, folder, "7", 'S', 50, 10)
	threadStat(t, folder, "8", 'R', 1000, 0)
	usable := usableIn(folder)
	assert.Equal(t, time.Second, usable(time.Second), "of what was before the first look nobody knows")

	threadStat(t, folder, "8", 'R', 1010, 5)
	threadStat(t, folder, "9", 'S', 8, 0)
	assert.Equal(t, 150*time.Millisecond, usable(time.Second), "of the thread that ran most")
	assert.Zero(t, usable(time.Second), "one wants a processor, and none ran")
	threadStat(t, folder, "8", 'S', 1010, 6)
	assert.Equal(t, time.Second, usable(time.Second), "all sleep: more time than this they do not want")
	threadStat(t, folder, "8", 'D', 1010, 6)
	assert.Zero(t, usable(time.Second), "a disk keeps it")
	threadStat(t, folder, "8", 'T', 1010, 6)
	assert.Equal(t, time.Second, usable(time.Second), "who is stopped waits for no processor")

	require.NoError(t, os.RemoveAll(folder))
	assert.Equal(t, time.Second, usable(time.Second), "nothing is known")
}

func TestAProcessThatRunsCanUseTheTime(t *testing.T) {
	usable := UsableBy(os.Getpid())
	usable(time.Hour)
	ran, _, ok := readThread(filepath.Join("/proc/self/task", fmt.Sprint(os.Getpid()), "stat"))
	assert.True(t, ok)
	assert.Less(t, ran, time.Hour)
	for began := time.Now(); time.Since(began) < 50*time.Millisecond; {
	}
	assert.Less(t, usable(time.Hour), time.Minute, "this thread runs")
}

// A wait is of the time that the other can use; how long it was by the clock is told beside it.
func TestPatienceIsOfTheTimeThatTheOtherCanUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		share := time.Duration(10)
		p := NewPatience(20*time.Second, func(passed time.Duration) time.Duration { return passed / share })
		defer p.Close()
		begun := time.Now()
		for !p.Over() {
			<-p.Looks
		}
		assert.InDelta(t, 190, time.Since(begun).Seconds(), 15)
		assert.Equal(t, time.Since(begun), p.Waited())

		p.Heard()
		assert.Zero(t, p.Waited())
		share = 1
		begun = time.Now()
		for !p.Over() {
			<-p.Looks
		}
		assert.Equal(t, 20*time.Second, time.Since(begun))
	})
}

func TestAWaitThatRestsIsNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPatience(time.Minute, nil)
		defer p.Close()
		for range 5 {
			time.Sleep(500 * time.Millisecond)
			p.Rest()
			time.Sleep(time.Minute)
			assert.False(t, p.Over())
			p.Resume()
		}
		assert.Equal(t, 2500*time.Millisecond, p.Spent())
		<-p.Looks
	})
}
