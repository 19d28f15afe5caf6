// SPDX-License-Identifier: Apache-2.0

//go:build linux

package program

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

const second = time.Second

func anywhere([]string) bool { return true }

func inPipeRead(places []string) bool {
	return isHangAt(places)(wire.Detect{Kind: wire.KindHang, Function: "pipe_read"})
}

func asleepIn(id int, state byte, places ...string) thread {
	return thread{process: process{pid: id, name: "reader", state: state, cpu: 3}, switches: 7, places: places}
}

func running(id int, cpu uint64) thread {
	return thread{process: process{pid: id, name: "writer", state: 'R', cpu: cpu}, switches: cpu}
}

func seen(threads ...thread) look {
	l := look{}
	for _, t := range threads {
		l[t.pid] = t
	}
	return l
}

// What is told from a hang: a thread that was woken or ran, a busy host, another place,
// and a kernel that does not say where.
func TestAHangIsAThreadThatSleepsWhileTheOthersHadTheirTurn(t *testing.T) {
	sleeper, woken, ran, kthread := asleepIn(5, 'S', "schedule_timeout", "pipe_read.isra.0"), asleepIn(5, 'S'), asleepIn(5, 'S', "pipe_read"), running(9, 4)
	woken.state, ran.switches, kthread.kernel = 'R', 8, true
	moved := asleepIn(5, 'S', "futex_wait")
	exited := asleepIn(6, 'Z')
	for name, c := range map[string]struct {
		first, second look
		want          func([]string) bool
		kind          hanging
		words         string
	}{
		"asleep, the other runs":          {seen(sleeper, running(6, 4)), seen(sleeper, running(6, 50)), inPipeRead, hangs, "thread 5 (reader) sleeps in schedule_timeout"},
		"both asleep":                     {seen(sleeper, asleepIn(6, 'D', "f")), seen(sleeper, asleepIn(6, 'D', "f")), inPipeRead, hangs, "thread 5"},
		"not to be interrupted":           {seen(asleepIn(5, 'D', "f", "pipe_read")), seen(asleepIn(5, 'D', "f", "pipe_read")), inPipeRead, hangs, "thread 5"},
		"anywhere, where is not known":    {seen(asleepIn(5, 'S')), seen(asleepIn(5, 'S')), anywhere, hangs, "sleeps in a place that is not known"},
		"beside one that has just come":   {seen(sleeper), seen(sleeper, running(6, 0)), inPipeRead, hangs, "thread 5"},
		"beside one that has ended":       {seen(sleeper, exited), seen(sleeper, exited), inPipeRead, hangs, "thread 5"},
		"the other waits for a CPU":       {seen(sleeper, running(6, 4)), seen(sleeper, running(6, 4)), inPipeRead, starved, "thread 6 (writer) wants to run"},
		"the other has had little of one": {seen(sleeper, running(6, 4)), seen(sleeper, running(6, 7)), inPipeRead, starved, "thread 6 (writer) wants to run"},
		"so does the kernel":              {seen(sleeper, kthread), seen(sleeper, kthread), inPipeRead, starved, "thread 9"},
		"it has been woken":               {seen(sleeper), seen(woken), inPipeRead, starved, "thread 5"},
		"it ran in between":               {seen(sleeper), seen(ran), inPipeRead, unproven, "none of its 1 threads sleeps"},
		"it is busy":                      {seen(running(6, 4)), seen(running(6, 50)), anywhere, unproven, "none of its 1 threads sleeps"},
		"nobody is there":                 {seen(), seen(), anywhere, unproven, "none of its 0 threads sleeps"},
		"elsewhere":                       {seen(moved), seen(moved), inPipeRead, sleepsElsewhere, "thread 5 (reader) sleeps in futex_wait"},
		"first elsewhere":                 {seen(moved), seen(sleeper), inPipeRead, sleepsElsewhere, ""},
		"where is not known":              {seen(asleepIn(5, 'S')), seen(asleepIn(5, 'S')), inPipeRead, unproven, "CONFIG_STACKTRACE"},
	} {
		t.Run(name, func(t *testing.T) {
			still := judge(c.first, c.second, second, c.want)
			assert.Equal(t, c.kind, still.kind)
			assert.Contains(t, still.words, c.words)
		})
	}
	still := judge(seen(sleeper, running(6, 4)), seen(sleeper, running(6, 50)), second, inPipeRead)
	assert.Equal(t, map[string]string{"thread": "reader", "state": "S", "stack": "schedule_timeout pipe_read.isra.0", "others": "0 asleep, 1 not"}, still.fields)
}

// fakeWorld shows what it is told to; its CPUs beat as often as is asked for.
type fakeWorld struct {
	looks []look
	beat  uint64
	ended int
}

func (w *fakeWorld) look(map[int]bool) look {
	l := w.looks[0]
	if len(w.looks) > 1 {
		w.looks = w.looks[1:]
	}
	return l
}

func (w *fakeWorld) pulse(time.Duration) (func() uint64, func(), error) {
	return func() uint64 { return w.beat }, func() { w.ended++ }, nil
}

const tick = 10 * time.Millisecond

// lasts lets a silence last for so many ticks, in each of which the slowest CPU beats so often.
func lasts(t *testing.T, s *silence, w *fakeWorld, how watch, ticks int, beats uint64) *stillness {
	t.Helper()
	for range ticks {
		w.beat += beats
		still, err := s.reaches(how, tick)
		require.NoError(t, err)
		if still != nil {
			return still
		}
	}
	return nil
}

func TestASilenceLastsWhileEveryCPURuns(t *testing.T) {
	asleep := seen(asleepIn(5, 'S', "pipe_read"))
	how := watch{limit: time.Second, tick: tick, want: inPipeRead, proof: true}

	w := &fakeWorld{looks: []look{asleep}}
	s := &silence{world: w}
	assert.Nil(t, lasts(t, s, w, how, 99, 1))
	assert.NotNil(t, lasts(t, s, w, how, 2, 1), "two looks, half of the time from each other")

	w = &fakeWorld{looks: []look{asleep}}
	s = &silence{world: w}
	assert.Nil(t, lasts(t, s, w, how, 1000, 0), "one CPU does not run")
	s.broken()
	assert.Equal(t, 1, w.ended)
	assert.Nil(t, lasts(t, s, w, how, 99, 1), "a line begins it anew")
	s.broken()
	assert.Equal(t, 2, w.ended)
}

func TestWhatIsNotProvedIsLookedAtAgain(t *testing.T) {
	asleep, late := seen(asleepIn(5, 'S', "pipe_read"), running(6, 4)), seen(asleepIn(5, 'S', "pipe_read"), running(6, 90))
	how := watch{limit: time.Second, tick: tick, want: inPipeRead, proof: true}
	w := &fakeWorld{looks: []look{asleep, asleep, asleep, late}}
	s := &silence{world: w}
	still := lasts(t, s, w, how, 1000, 1)
	require.NotNil(t, still)
	assert.Equal(t, hangs, still.kind, "the other had its turn at last")
	assert.Equal(t, 4, s.looks)

	w = &fakeWorld{looks: []look{asleep}}
	s = &silence{world: w}
	still = lasts(t, s, w, how, 1000, 1)
	require.NotNil(t, still, "it ends some time")
	assert.Equal(t, starved, still.kind)
	assert.Equal(t, mostLooks, s.looks)

	elsewhere := seen(asleepIn(5, 'S', "futex_wait"))
	w = &fakeWorld{looks: []look{elsewhere, elsewhere, asleep}}
	s = &silence{world: w}
	still = lasts(t, s, w, how, 1000, 1)
	require.NotNil(t, still)
	assert.Equal(t, sleepsElsewhere, still.kind, "what was seen once stands")

	// Where no hang is detected a program that could run, and says nothing, has failed.
	busy := seen(running(6, 4))
	w = &fakeWorld{looks: []look{busy, busy, seen(running(6, 90))}}
	s = &silence{world: w}
	how.proof = false
	still = lasts(t, s, w, how, 1000, 1)
	require.NotNil(t, still)
	assert.Equal(t, 3, s.looks)
}

// hangBench runs a program whose machine looks so.
func hangBench(t *testing.T, w world, d wire.Detect, word string) *bench {
	d.Kind, d.NS = wire.KindHang, 200e6
	b := newBench(t, wire.WindowTold, []wire.Detect{d}, word)
	b.world = w
	return b
}

// alwaysBeats lets time pass in every CPU.
type alwaysBeats struct{ *fakeWorld }

func (w alwaysBeats) pulse(time.Duration) (func() uint64, func(), error) {
	return func() uint64 { w.beat += 1000; return w.beat }, func() {}, nil
}

func TestAHangIsAHitInItsFunctionOnly(t *testing.T) {
	at := func(place string) alwaysBeats {
		return alwaysBeats{&fakeWorld{looks: []look{seen(asleepIn(5, 'S', place))}}}
	}
	w := at("pipe_read")
	b := hangBench(t, w, wire.Detect{Function: "pipe_read"}, "stuck")
	b.enough = hits(2)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, "no line for 200ms: thread 5 (reader) sleeps in pipe_read", b.hits[0].Text)
	assert.Equal(t, "pipe_read", b.hits[0].Fields["stack"])
	assert.Equal(t, uint64(1), b.hits[1].Round, "it is killed, and started again")
	assert.Equal(t, uint64(12), done.Tallies[0].Windows)

	w = at("futex_wait")
	b = hangBench(t, w, wire.Detect{Function: "pipe_read"}, "stuck")
	_, err = b.run(t)
	requireFault(t, err, wire.WhoseKernel, "what hangs is no detection: thread 5 (reader) sleeps in futex_wait")
	assert.Empty(t, b.hits)

	w = alwaysBeats{&fakeWorld{looks: []look{seen(running(5, 1))}}}
	b = hangBench(t, w, wire.Detect{}, "stuck")
	_, err = b.run(t)
	requireFault(t, err, wire.WhoseGuest, "whether it hangs is not known: thread 5 (writer) wants to run")
	assert.Empty(t, b.hits)
}

func TestATurnThatIsOverHidesNoHang(t *testing.T) {
	w := alwaysBeats{&fakeWorld{looks: []look{seen(asleepIn(5, 'S'))}}}
	b := hangBench(t, w, wire.Detect{}, "silent")
	b.Modes, b.patience.turn, b.patience.stop, b.enough = []string{"a", "b"}, 50*time.Millisecond, 20*time.Millisecond, hits(2)
	_, err := b.run(t)
	require.NoError(t, err)

	b = hangBench(t, w, wire.Detect{}, "endless")
	b.Modes, b.patience.turn, b.patience.stop = []string{"a", "b"}, 50*time.Millisecond, 20*time.Millisecond
	b.enough = func(b *bench) bool { return len(b.last.Tallies) == 2 && b.last.Tallies[1].Rounds == 2 }
	_, err = b.run(t)
	require.NoError(t, err, "a program that goes on is ended at its next line")
}

func TestAHangThatCannotBeKilledEndsTheBoot(t *testing.T) {
	for windows, fault := range map[uint64]string{0: "after: reboot", 100: ""} {
		r := &run{stuck: map[int]bool{}}
		r.opts.Program = &wire.Program{Windows: windows}
		l := &life{run: r}
		err := l.afterHang([]int{43})
		if fault != "" {
			requireFault(t, err, wire.WhoseKernel, fault)
			continue
		}
		require.NoError(t, err)
		assert.True(t, l.over && l.spoilt)
	}
	l := &life{run: &run{}}
	require.NoError(t, l.afterHang(nil))
	assert.False(t, l.over)

	// One whose death is not waited for looks like one that cannot be killed.
	w := alwaysBeats{&fakeWorld{looks: []look{seen(asleepIn(5, 'S'))}}}
	b := hangBench(t, w, wire.Detect{}, "stuck")
	b.Progress, b.Detection, b.patience.kill = func(wire.Progress) {}, func(wire.Detection) {}, time.Nanosecond
	_, err := Run(t.Context(), b.Options)
	requireFault(t, err, wire.WhoseKernel, "after: reboot")
	require.Eventually(t, childless, 10*time.Second, time.Millisecond)
}

// On the machine at hand, whose programs really sleep and run.
func TestASleepingProgramHangsAndABusyOneDoesNot(t *testing.T) {
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindHang, NS: 200e6}}, "stuck")
	b.enough = hits(2)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Contains(t, b.hits[0].Text, "no line for 200ms: thread ")
	assert.Contains(t, b.hits[0].Text, " (sleep) sleeps in ")
	assert.GreaterOrEqual(t, done.Tallies[0].Windows, uint64(10))

	b = newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindHang, NS: 200e6}}, "spinning")
	_, err = b.run(t)
	requireFault(t, err, wire.WhoseGuest, "whether it hangs is not known")
	assert.Empty(t, b.hits)

	for _, word := range []string{"stuck", "spinning"} {
		b = newBench(t, wire.WindowTold, told, word)
		b.patience.quiet = 200 * time.Millisecond
		_, err = b.run(t)
		requireFault(t, err, wire.WhoseGuest, "it said nothing for 200ms")
	}
}

func TestALookSeesWhatThisProcessHasStarted(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	require.Eventually(t, func() bool {
		l := machine{}.look(nil)[cmd.Process.Pid]
		return l.name == "sleep" && l.asleep() && l.switches > 0
	}, 10*time.Second, time.Millisecond)
	l := machine{}.look(nil)
	assert.NotContains(t, l, os.Getpid(), "it does not look at itself")
	for _, seen := range l {
		assert.True(t, seen.kernel || seen.pid == cmd.Process.Pid, "%+v", seen)
	}
	assert.NotContains(t, machine{}.look(map[int]bool{cmd.Process.Pid: true}), cmd.Process.Pid)
}

func TestEveryCPUBeats(t *testing.T) {
	beats, end, err := machine{}.pulse(time.Millisecond)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return beats() > 3 }, 10*time.Second, time.Millisecond)
	end()
	before := beats()
	time.Sleep(10 * time.Millisecond)
	assert.Equal(t, before, beats())
}
