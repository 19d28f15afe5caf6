// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

const good = `Test MP Allowed
Histogram (2 states)
7     *>1:X0=1; 1:X2=0;
993   :>1:X0=1; 1:X2=1;
Ok
Witnesses
Positive: 7, Negative: 993
Condition exists (1:X0=1 /\ 1:X2=0) is validated
Hash=2939876d84b5492317ad22372301b592
Observation MP Sometimes 7 993
Time MP 0.10
`

// TestMain makes the test binary a fake litmus test: its link's name says what it does.
func TestMain(m *testing.M) {
	name := os.Args[0][strings.LastIndexByte(os.Args[0], '/')+1:]
	switch name {
	case "good", "garbled", "crashing", "loud":
		fmt.Print(good[:map[string]int{"good": len(good), "garbled": 70, "crashing": len(good), "loud": len(good)}[name]])
		if name == "loud" {
			fmt.Print(strings.Repeat("x", 2*outputMax))
		}
		if name == "crashing" {
			os.Exit(3)
		}
		os.Exit(0)
	case "args":
		fmt.Fprintln(os.Stderr, os.Args[1:])
		os.Exit(1)
	case "misaligned":
		fmt.Println(syscall.Exec("/bin/sh", []string{"sh", "-c", "kill -BUS $$"}, nil)) // Go would make a panic of it
	case "hanging":
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

func runFake(t *testing.T, name string, limit time.Duration) wire.LitmusResult {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	path := t.TempDir() + "/" + name
	if name != "missing" {
		require.NoError(t, os.Symlink(self, path))
	}
	var got []wire.LitmusResult
	job := wire.LitmusJob{Name: "MP", Path: path, Size: 5, Runs: 2, LimitNS: limit.Nanoseconds()}
	require.NoError(t, Run(context.Background(), []wire.LitmusJob{job}, func(r wire.LitmusResult) error {
		got = append(got, r)
		return nil
	}))
	require.Len(t, got, 1)
	return got[0]
}

func TestEveryEndIsTold(t *testing.T) {
	for name, want := range map[string]wire.LitmusEnd{
		"good": wire.LitmusOK, "loud": wire.LitmusOK, "garbled": wire.LitmusGarbled, "crashing": wire.LitmusCrashed,
		"hanging": wire.LitmusHung, "missing": wire.LitmusUnstarted,
	} {
		t.Run(name, func(t *testing.T) {
			limit := time.Minute
			if name == "hanging" {
				limit = 100 * time.Millisecond
			}
			r := runFake(t, name, limit)
			assert.Equal(t, want, r.End, r.Message)
			assert.Equal(t, want == wire.LitmusOK, len(r.States) == 2)
			assert.Equal(t, want == wire.LitmusOK, r.Fulfilled == 7)
			assert.Equal(t, want == wire.LitmusOK, r.Message == "")
		})
	}
}

func TestABusErrorAsksForTheSizeOfLocations(t *testing.T) {
	r := runFake(t, "misaligned", time.Minute)
	assert.Equal(t, wire.LitmusCrashed, r.End)
	assert.Contains(t, r.Message, "signal: bus error")
	assert.Contains(t, r.Message, "int64_t x;")
}

func TestArguments(t *testing.T) {
	assert.Equal(t, "[-n 1 -s 5 -r 2]\n", runFake(t, "args", time.Minute).Tail)
}

func TestRunEndsWhereItCannotTell(t *testing.T) {
	broken := errors.New("broken")
	err := Run(context.Background(), []wire.LitmusJob{{}, {}}, func(wire.LitmusResult) error { return broken })
	require.ErrorIs(t, err, broken)
}

func TestHistogram(t *testing.T) {
	seen, err := Histogram([]byte(good), "MP")
	require.NoError(t, err)
	assert.Equal(t, Seen{map[string]uint64{"1:X0=1; 1:X2=0;": 7, "1:X0=1; 1:X2=1;": 993}, 7}, seen)
	// A forall's program marks the states that break it.
	seen, err = Histogram([]byte(strings.Replace(good, "Allowed", "Required", 1)), "MP")
	require.NoError(t, err)
	assert.Equal(t, uint64(993), seen.Fulfilled)
	for name, bad := range map[string]string{
		"another test": strings.Replace(good, "Test MP", "Test SB", 1),
		"cut":          good[:strings.Index(good, "Ok")],
		"a state less": strings.Replace(good, "(2 states)", "(3 states)", 1),
		"twice":        strings.Replace(good, "1:X2=1;", "1:X2=0;", 1),
		"no count":     strings.Replace(good, "993 ", "    ", 1),
		"empty":        "",
	} {
		_, err := Histogram([]byte(bad), "MP")
		assert.Error(t, err, name)
	}
}
