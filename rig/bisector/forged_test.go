// SPDX-License-Identifier: Apache-2.0

package bisector_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/bisector"
	"kcovrig/rig/fleet"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// forger spoils what a worker sends of each commit when that is asked for the first time,
// each in the next of its ways, as long as there are any.
type forger struct {
	bisector.Tester
	ways   *[]spoil
	mu     *sync.Mutex
	spoilt map[string]string // commits, by the way's name
}

type spoil struct {
	name string
	of   func(*bisector.Tested)
}

func (b forger) Test(ctx context.Context, commit string, a bisector.Request) (bisector.Tested, error) {
	tested, err := b.Tester.Test(ctx, commit, a)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil && b.spoilt[commit] == "" && len(*b.ways) > 0 {
		b.spoilt[commit] = (*b.ways)[0].name
		(*b.ways)[0].of(&tested)
		*b.ways = (*b.ways)[1:]
	}
	return tested, err
}

// tallies are those of the one boot.
func tallies(t *bisector.Tested) *wire.Tally { return &t.Result.Observations[0].Tallies[0] }

// A worker's step that cannot be what the commit showed is that worker's failure: it is asked
// for once more, and the search ends where it would have.
func TestAForgedStepIsAskedForOnceMore(t *testing.T) {
	ways := []spoil{
		{"of another commit", func(t *bisector.Tested) { t.Result.Spec.Rev = "0123456789abcdef0123456789abcdef01234567" }},
		{"of another scenario", func(t *bisector.Tested) { t.Result.Spec.Scenario = "another" }},
		{"of another unknown scenario", func(t *bisector.Tested) { t.Result.Spec.ScenarioHash = "ab" }},
		{"of another machine", func(t *bisector.Tested) { t.Result.Spec.Arch = "x86_64" }},
		{"nothing", func(t *bisector.Tested) { *t = bisector.Tested{} }},
		{"no boot", func(t *bisector.Tested) { t.Result.Observations = nil }},
		{"a boot that failed", func(t *bisector.Tested) { t.Result.Observations[0].Outcome = trial.OutcomeKernelFault }},
		{"no windows", func(t *bisector.Tested) { *tallies(t) = wire.Tally{Mode: "pc"} }},
		{"more hits than windows", func(t *bisector.Tested) { tallies(t).HitWindows, tallies(t).HitUnits = 1<<60, 1<<61 }},
		{"blocks that were not", func(t *bisector.Tested) { tallies(t).Blocks = 1 << 60 }},
		{"boots that were not", func(t *bisector.Tested) {
			t.Result.Observations[0].Boots = []trial.Boot{{Windows: 1, End: trial.BootClean}}
		}},
		{"a mode twice", func(t *bisector.Tested) { o := &t.Result.Observations[0]; o.Tallies = append(o.Tallies, o.Tallies[0]) }},
		{"a failure that is none", func(t *bisector.Tested) { t.Result.Failure = &trial.Failure{Whose: "kernel", Message: "no"} }},
		{"words that do something", func(t *bisector.Tested) {
			t.Result.Observations[0].Detections = []wire.Detection{{Mode: "pc", Text: "\x1b]0;owned\x07"}}
		}},
		{"a verdict that cannot be read", func(t *bisector.Tested) { t.Result.Judgement.Verdict = trial.Fixed }},
		{"a basis of nothing", func(t *bisector.Tested) { t.Basis = &task.Basis{} }},
		{"a basis elsewhere", func(t *bisector.Tested) { t.Basis = &task.Basis{Inputs: []string{"../../etc/passwd"}} }},
	}
	for len(ways) > 0 {
		left := len(ways)
		f := newFarm(t, 40).broken(27, 40)
		server := embedded(t)
		spoilt := map[string]string{}
		employ(t, f, server, "w1", func(b *farmTester) { b.Tester = forger{b.Tester, &ways, &sync.Mutex{}, spoilt} })
		r, err := bisector.Find(t.Context(), f.sent(server, 1))
		require.NoError(t, err, "%v", spoilt)
		require.Equal(t, "found", r.Outcome, "%v", spoilt)
		assert.Equal(t, f.commits[27], r.First[0].Hash, "%v", spoilt)
		require.Len(t, spoilt, left-len(ways))
		require.NotEmpty(t, spoilt)
		for i, c := range f.commits {
			if way, ok := spoilt[c]; ok {
				assert.Equal(t, 2, f.tested(i), "commit %d: %s", i, way)
			}
		}
	}
}

// What a result says of files on this machine is not read here, and the result that lies in a
// step's folder is the one that was judged, whatever else the worker left there.
func TestAForgedStepNamesNoFilesHere(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o600))
	f := newFarm(t, 4).broken(2, 4)
	server := embedded(t)
	employ(t, f, server, "w1", func(b *farmTester) {
		names := spoil{"names of files", func(tested *bisector.Tested) {
			tested.Result.Observations[0].Console = secret
			tested.Result.Code[0].Listing = "/proc/self/../../" + secret
		}}
		b.Tester = leaver{forger{b.Tester, &[]spoil{names, names, names, names}, &sync.Mutex{}, map[string]string{}}}
	})
	r, err := bisector.Find(t.Context(), f.sent(server, 1))
	require.NoError(t, err)
	require.Equal(t, f.commits[2], r.First[0].Hash)
	for _, s := range r.Steps {
		kept, err := bisector.LoadResult(s.Folder)
		require.NoError(t, err)
		assert.NotContains(t, kept.Observations[0].Console, "secret")
		assert.NotContains(t, kept.Code[0].Listing, "secret")
		assert.Equal(t, s.Tallies, kept.Observations[0].Tallies)
	}
}

// leaver leaves a result that is none, and a note as the coordinator makes them.
type leaver struct{ forger }

func (b leaver) Test(ctx context.Context, commit string, a bisector.Request) (bisector.Tested, error) {
	tested, err := b.forger.Test(ctx, commit, a)
	for _, name := range []string{filepath.Join(a.Folder, "result.json"), a.Folder + ".came.json"} {
		if writeErr := os.WriteFile(name, []byte(`{"schema": 7`), 0o600); err == nil {
			err = writeErr
		}
	}
	return tested, err
}

// One worker that says of its commits that they are made of nothing of interest does not
// decide for commits that it was not given.
func TestAForgedBasisDoesNotSpeakForOtherCommits(t *testing.T) {
	f := newFarm(t, 10).broken(6, 10)
	server := embedded(t)
	employ(t, f, server, "w1", func(b *farmTester) {
		b.basis = map[string]*task.Basis{f.commits[0]: {Inputs: []string{"README"}}, f.commits[9]: {Inputs: []string{"f"}}}
		for _, c := range f.commits[1:9] {
			b.basis[c] = &task.Basis{Inputs: []string{"f"}}
		}
	})
	r, err := bisector.Find(t.Context(), f.sent(server, 1))
	require.NoError(t, err)
	assert.Equal(t, f.commits[6], r.First[0].Hash)
}

// hostile answers each step before any worker can, by what answer makes of it; nil: it says nothing.
func hostile(t *testing.T, url string, answer func(task fleet.Task, run string) []any) {
	t.Helper()
	c, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.Subscribe("kcovrig.task.>", func(m *nats.Msg) {
		var q struct {
			Run, Token string
			Attempt    int
			Task       fleet.Task
		}
		if json.Unmarshal(m.Data, &q) != nil || q.Attempt > 1 {
			return
		}
		for _, o := range answer(q.Task, q.Run) {
			text, _ := json.Marshal(o)
			_ = c.Publish("kcovrig.outcome."+q.Run+"."+q.Token+".1", text)
			_ = c.Publish("kcovrig.outcome."+q.Run+".0123456789abcdef0123456789abcdef.1", text) // of no step
			_ = c.Publish("kcovrig.outcome."+q.Run+"."+q.Token+".7", text)                      // of an attempt that none waits for
			_ = c.Publish("kcovrig.outcome.bisect-other."+q.Token+".1", text)                   // of another search
		}
	})
	require.NoError(t, err)
	require.NoError(t, c.Flush())
}

// Somebody on the server who answers steps that it was not given, with what is none, with
// another step's answer, twice, or of other searches, costs attempts and nothing else.
func TestAnswersOfWhoWasNotAsked(t *testing.T) {
	f := newFarm(t, 6).broken(4, 6)
	server := natsserver.Access{URL: rigtest.NATS(t)}
	var mu sync.Mutex
	var before []any // answers to steps before
	hostile(t, server.URL, func(is fleet.Task, _ string) []any {
		mu.Lock()
		defer mu.Unlock()
		own := fleet.Outcome{Task: is.ID, Status: fleet.Done, Worker: "mallory", Value: json.RawMessage(`{"result":{},"ground":{"inputs":[]},"steps":"/"}`)}
		all := []any{fleet.Outcome{Task: is.ID, Status: fleet.Failed, Worker: "mallory"}, own}
		all = append(all, before...)
		before = append(before, own)
		return all
	})
	employ(t, f, server, "w1", nil)
	r, err := bisector.Find(t.Context(), f.sent(server, 1))
	require.NoError(t, err)
	assert.Equal(t, f.commits[4], r.First[0].Hash)
	for _, s := range r.Steps {
		kept, err := bisector.LoadResult(s.Folder)
		require.NoError(t, err)
		assert.Equal(t, s.Commit, kept.Spec.Rev)
	}
}
