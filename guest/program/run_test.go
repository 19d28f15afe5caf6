// SPDX-License-Identifier: Apache-2.0

//go:build linux

package program

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/guest/session"
	"kcovrig/guest/wire"
)

// TestMain lets the tests inherit orphans, as PID 1 does.
func TestMain(m *testing.M) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// kernel is what a kernel says: records are added while a program runs.
type kernel struct {
	mu   sync.Mutex
	said bytes.Buffer
	err  error // once all is read
}

func (k *kernel) Read(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.said.Len() == 0 && k.err != nil {
		return 0, k.err
	}
	return k.said.Read(b)
}

func (k *kernel) say(lines ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, line := range lines {
		k.said.WriteString("4,1,1,-;" + line + "\n")
	}
}

// bench is one run of testdata/program.sh and what it brought.
type bench struct {
	Options
	kernel kernel
	hits   []wire.Detection
	last   wire.Progress
	// enough is asked after every record whether to stop.
	enough func(b *bench) bool
}

func newBench(t *testing.T, window wire.WindowKind, detect []wire.Detect, words ...string) *bench {
	path, err := filepath.Abs("testdata/program.sh")
	require.NoError(t, err)
	b := &bench{}
	b.Options = Options{
		Job: session.Job{Start: wire.Start{
			Modes: []string{""}, BlockSize: 10, Detections: 3, ProgressNS: int64(time.Millisecond),
			Program: &wire.Program{Args: words, Env: []string{"PATH=" + os.Getenv("PATH")}, Detect: detect, Window: window},
		}},
		Path: path, Console: &b.kernel,
		patience: patience{
			setUp: 10 * time.Second, quiet: 10 * time.Second, stop: 5 * time.Second, kill: 5 * time.Second,
			rest: 2 * time.Second, turn: time.Second, tick: 10 * time.Millisecond,
		},
	}
	if window == wire.WindowTimed {
		b.Program.EveryNS = 1e6
	}
	return b
}

// run runs until enough, and makes sure that nothing is left behind.
func (b *bench) run(t *testing.T) (wire.Done, error) {
	t.Helper()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	look := func() {
		if b.enough != nil && b.enough(b) {
			cancel()
		}
	}
	b.Progress = func(p wire.Progress) { b.last = p; look() }
	b.Detection = func(d wire.Detection) {
		require.NoError(t, d.Check(b.Modes))
		b.hits = append(b.hits, d)
		look()
	}
	done, err := Run(ctx, b.Options)
	require.NotErrorIs(t, ctx.Err(), context.DeadlineExceeded, "%+v", b.last)
	assert.True(t, childless(), "processes are left")
	for end := time.Now().Add(time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // what waits for a process that has ended ends soon
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), before, "goroutines are left")
	return done, err
}

func windows(n uint64) func(*bench) bool {
	return func(b *bench) bool {
		var all uint64
		for _, t := range b.last.Tallies {
			all += t.Windows
		}
		return all >= n
	}
}

func hits(n int) func(*bench) bool { return func(b *bench) bool { return len(b.hits) >= n } }

var told = []wire.Detect{{Kind: wire.KindTold}}

// Who waits for the totals hears of them however soon each run of the program ends.
func TestProgramsThatLiveForLessThanATickAreReported(t *testing.T) {
	b := newBench(t, wire.WindowRun, []wire.Detect{{Kind: wire.KindExit}}, "once")
	b.patience.tick = time.Hour
	b.enough = windows(5)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, done.Tallies[0].Windows, uint64(5))
}

func TestAToldProgramsTriesAndHitsAreCounted(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "told")
	b.Program.Ready, b.Modes, b.Detections = true, []string{"one"}, 6
	b.Seed = 41
	b.enough = windows(310)
	done, err := b.run(t)
	require.NoError(t, err)
	tally := done.Tallies[0]
	assert.Zero(t, tally.Windows%31, "whole rounds of 30 tries and a hit: %+v", tally)
	assert.Equal(t, tally.Windows/31, tally.HitWindows)
	assert.Equal(t, tally.Windows/10, tally.Blocks)
	assert.Equal(t, tally.Windows, tally.Units)
	assert.Equal(t, tally.HitWindows, tally.HitUnits)
	assert.NotZero(t, tally.BlockTurns)
	require.Len(t, b.hits, 6, "no more than asked for")
	assert.Equal(t, "42", b.hits[5].Fields["seed"], "of the second start")
	assert.Equal(t, uint64(1), b.hits[5].Round)
	assert.Equal(t, wire.Detection{
		Mode: "one", Window: 61, AtNS: b.hits[1].AtNS, Kind: wire.KindTold, Witness: 2,
		Text: "lost note=2 mode=one seed=41", Fields: map[string]string{"note": "2", "mode": "one", "seed": "41"},
	}, b.hits[1])
}

func TestAProgramIsAskedToStopAndHeardUntilItEnds(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "patient")
	b.enough = windows(3)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, uint64(7), done.Tallies[0].Windows)
}

func TestAProgramHasItsArgumentsAndNoOtherEnvironment(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "env", "word")
	b.Program.Env = append(b.Program.Env, "A=b")
	b.enough = hits(1)
	_, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, "word A=b HOME= home=/", b.hits[0].Text)
}

func TestASilentProgramsWindowsAreTimed(t *testing.T) {
	b := newBench(t, wire.WindowTimed, []wire.Detect{{Kind: wire.KindOops}}, "silent")
	b.enough = windows(50)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.LessOrEqual(t, done.Tallies[0].Windows, uint64(done.ElapsedNS/1e6), "no more windows than time")
	assert.Zero(t, done.Tallies[0].HitWindows)
}

func TestEachRunOfAFiniteProgramIsAWindow(t *testing.T) {
	b := newBench(t, wire.WindowRun, told, "once")
	b.enough = windows(20)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Zero(t, done.Tallies[0].HitWindows)
	assert.Equal(t, done.Tallies[0].Blocks, done.Tallies[0].Windows/10)

	b = newBench(t, wire.WindowRun, told, "lucky")
	b.enough = windows(3)
	done, err = b.run(t)
	require.NoError(t, err)
	assert.Equal(t, done.Tallies[0].Windows, done.Tallies[0].HitWindows, "two hits of one run are one window")
	assert.Equal(t, "two", b.hits[1].Text)
}

func TestModesHaveTheProgramInTurns(t *testing.T) {
	b := newBench(t, wire.WindowRun, told, "once")
	b.Modes = []string{"a", "b"}
	b.enough = windows(10)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.InDelta(t, done.Tallies[0].Windows, done.Tallies[1].Windows, 1)
}

func TestWhatAProgramSaidBeforeItEndedCounts(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "burst")
	b.enough = windows(200)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, 10*done.Tallies[0].Rounds, done.Tallies[0].Windows)
}

// A machine may be so busy that what the program said comes late: it is waited for.
func TestWhatAProgramSaidIsHeardHoweverLateThatIs(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "burst")
	b.patience.rest = time.Nanosecond
	b.enough = windows(200)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, 10*done.Tallies[0].Rounds, done.Tallies[0].Windows)

	b = newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindExit, Exit: "4"}}, "status")
	b.patience.rest = time.Nanosecond
	_, err = b.run(t)
	requireFault(t, err, wire.WhoseGuest, "what went wrong")
}

func TestOfWhatAProgramPrintedTheEndIsKept(t *testing.T) {
	var kept tail
	for range 10 {
		_, _ = kept.Write(bytes.Repeat([]byte("x"), tailMax-1))
		_, _ = kept.Write([]byte("end"))
	}
	assert.Len(t, kept.String(), tailMax)
	assert.True(t, strings.HasSuffix(kept.String(), "xend"))
}

func TestATurnEndsAProgramThatGoesOn(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "endless")
	b.Modes, b.patience.turn = []string{"a", "b"}, 50*time.Millisecond
	b.patience.stop = 20 * time.Millisecond
	b.enough = func(b *bench) bool { return len(b.last.Tallies) == 2 && b.last.Tallies[1].Rounds == 2 }
	done, err := b.run(t)
	require.NoError(t, err)
	for _, tally := range done.Tallies {
		assert.NotZero(t, tally.Windows, tally.Mode)
		assert.NotZero(t, tally.StressNS, tally.Mode)
	}
}

func TestADeathDuringTheSetUpIsNoHit(t *testing.T) {
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindExit}}, "unready")
	b.Program.Ready = true
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseGuest, "it exited with status 5, which is no detection")
}

func TestADeathIsAHitWhereItIsDetectedOnly(t *testing.T) {
	for name, c := range map[string]struct {
		word, exit string
		text       string // of the hit
		fault      string // of the guest
	}{
		"a signal by name":      {"segv", "SIGSEGV", "it died of SIGSEGV", ""},
		"any signal":            {"segv", "signal", "it died of SIGSEGV", ""},
		"whatever":              {"segv", "", "it died of SIGSEGV", ""},
		"another signal":        {"segv", "SIGBUS", "", "it died of SIGSEGV"},
		"a status":              {"status", "3", "it exited with status 3", ""},
		"another status":        {"status", "4", "", `it exited with status 3, which is no detection; it printed last: "what went wrong"`},
		"a status is no signal": {"status", "signal", "", "it exited with status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindExit, Exit: c.exit}}, c.word)
			b.enough = hits(2)
			done, err := b.run(t)
			if c.fault != "" {
				requireFault(t, err, wire.WhoseGuest, c.fault)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.text, b.hits[0].Text)
			assert.Equal(t, uint64(1), b.hits[1].Round, "it is started again")
			assert.GreaterOrEqual(t, done.Tallies[0].Windows, 2*done.Tallies[0].HitWindows)
		})
	}
}

func requireFault(t *testing.T, err error, whose, words string) {
	t.Helper()
	var f *wire.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, whose, f.Whose, "%v", err)
	assert.ErrorContains(t, err, words)
}

func TestAProgramThatIgnoresStopIsKilled(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "deaf")
	b.patience.stop = 50 * time.Millisecond
	b.enough = windows(1)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, uint64(1), done.Tallies[0].Windows)
}

func TestWhatAProgramPrintsTakesNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindHang, NS: 300e6}}, "flood")
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseGuest, "it said nothing for 300ms") // a flood is no line
	for _, word := range []string{"hits", "tries"} {
		b = newBench(t, wire.WindowTold, told, word)
		b.enough, b.patience.stop = windows(20_000), 50*time.Millisecond
		done, err := b.run(t)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(b.hits), 3)
		assert.GreaterOrEqual(t, done.Tallies[0].Windows, uint64(20_000))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapInuse)-int64(before.HeapInuse), int64(4<<20))
}

func TestAProgramThatBreaksTheProtocolIsTheGuestsFault(t *testing.T) {
	for name, c := range map[string]struct {
		window wire.WindowKind
		detect wire.Kind
		ready  bool
		word   string
		want   string
	}{
		"a number of tries":   {wire.WindowTold, wire.KindTold, false, "garbled", `try "-1"`},
		"tries that hide":     {wire.WindowTold, wire.KindExit, false, "tries", "1000 tries at once"},
		"a try before ready":  {wire.WindowTold, wire.KindTold, true, "early", `"try 1" before it is ready`},
		"never ready":         {wire.WindowTold, wire.KindTold, true, "never", "not ready after 300ms; nothing that it printed has come: does it flush"},
		"an unasked ready":    {wire.WindowTimed, wire.KindTold, false, "told", "have not waited for that"},
		"tries of timed ones": {wire.WindowTimed, wire.KindTold, false, "segv", "window kind is timed"},
		"hits of no use":      {wire.WindowTold, wire.KindOops, false, "hits", "detect list lacks"},
		"nothing, always":     {wire.WindowTold, wire.KindTold, false, "once", "16 times in a row and said no line try"},
		"over too soon":       {wire.WindowTimed, wire.KindOops, false, "once", "16 times in a row before a window was over: window: run"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.window, []wire.Detect{{Kind: c.detect}}, c.word)
			b.Program.Ready, b.patience.setUp = c.ready, 300*time.Millisecond
			if c.window == wire.WindowTimed {
				b.Program.EveryNS = int64(time.Minute) // longer than any run
			}
			if c.word != "never" {
				b.patience.setUp = 10 * time.Second
			}
			_, err := b.run(t)
			requireFault(t, err, wire.WhoseGuest, c.want)
		})
	}
}

// Only of one that nothing at all was heard of the lines may still be in its library.
func TestWhoWasHeardIsNotAskedToFlush(t *testing.T) {
	l := &life{child: &child{}}
	assert.Contains(t, l.unheard(), "does it flush")
	l.talked = true
	assert.Empty(t, l.unheard())
	l = &life{child: &child{}}
	_, _ = l.child.tail.Write([]byte("at work"))
	assert.Empty(t, l.unheard())
}

func TestNothingThatAProgramStartedIsLeft(t *testing.T) {
	b := newBench(t, wire.WindowTold, told, "children")
	b.enough = windows(3)
	_, err := b.run(t)
	require.NoError(t, err) // run itself looks
}

func TestAProgramThatCannotBeStartedIsTheGuestsFault(t *testing.T) {
	b := newBench(t, wire.WindowRun, told)
	b.Path = filepath.Join(t.TempDir(), "none")
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseGuest, "no such file")
}

func TestOptionsAreRefusedForEachThingThatIsWrong(t *testing.T) {
	for want, spoil := range map[string]func(*Options){
		"0 detections":          func(o *Options) { o.Program.Detect = nil },
		"nothing is said of it": func(o *Options) { o.Program = nil },
		"no program":            func(o *Options) { o.Path = "" },
		"no mode":               func(o *Options) { o.Modes = nil },
		"given twice":           func(o *Options) { o.Modes = []string{"a", "a"} },
		"or no word":            func(o *Options) { o.Modes = []string{"a b"} },
		`reader "a\n"`:          func(o *Options) { o.Reader = "a\n" },
		"block size 0":          func(o *Options) { o.BlockSize = 0 },
		"negative number":       func(o *Options) { o.Detections = -1 },
		"progress interval":     func(o *Options) { o.ProgressNS = 0 },
		"nowhere to report to":  func(o *Options) { o.Progress = nil },
		"no messages":           func(o *Options) { o.Console = nil },
	} {
		b := newBench(t, wire.WindowTold, told)
		b.Progress, b.Detection = func(wire.Progress) {}, func(wire.Detection) {}
		require.NoError(t, b.Validate())
		spoil(&b.Options)
		assert.ErrorContains(t, b.Validate(), want)
		_, err := Run(t.Context(), b.Options)
		requireFault(t, err, wire.WhoseRig, want)
	}
}
