// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

func store(kind trial.WitnessKind, cpu int, address, version uint64) trial.WitnessEvent {
	return trial.WitnessEvent{VCPU: cpu, Kind: kind, Address: address, Version: version}
}

func TestStaleLoads(t *testing.T) {
	held, lands := store(trial.Delayed, 0, 8, 2), store(trial.Drained, 0, 8, 2)
	old, fresh := store(trial.Load, 1, 8, 1), store(trial.Load, 1, 8, 2)
	for name, c := range map[string]struct {
		events []trial.WitnessEvent
		stale  bool
	}{
		"old, while held":       {[]trial.WitnessEvent{held, old, lands}, true},
		"old, never landed":     {[]trial.WitnessEvent{held, old}, true},
		"new":                   {[]trial.WitnessEvent{held, fresh, lands}, false},
		"before the store":      {[]trial.WitnessEvent{old, held, lands}, false},
		"after it landed":       {[]trial.WitnessEvent{held, lands, old}, false},
		"elsewhere":             {[]trial.WitnessEvent{held, store(trial.Load, 1, 16, 1), lands}, false},
		"by the vCPU itself":    {[]trial.WitnessEvent{held, store(trial.Load, 0, 8, 1), lands}, false},
		"a store not held":      {[]trial.WitnessEvent{store(trial.Executed, 0, 8, 2), old, lands}, false},
		"another version lands": {[]trial.WitnessEvent{held, store(trial.Drained, 0, 8, 1), old}, true},
	} {
		found := false
		for _, i := range staleLoads(c.events) {
			found = found || i >= 0
		}
		assert.Equal(t, c.stale, found, name)
	}
}

func TestTimelineShowsTheStaleLoadOfALongWitness(t *testing.T) {
	var w trial.Witness
	for range 200 {
		w.Events = append(w.Events, store(trial.Executed, 0, 8, 1))
	}
	w.Events = append(w.Events, store(trial.Delayed, 0, 8, 2), store(trial.Load, 1, 8, 1), store(trial.Drained, 0, 8, 2))
	drawn := NewTimeline("x", w)
	require.Len(t, drawn.Events, maxEvents)
	assert.Equal(t, len(w.Events)-maxEvents, drawn.LeftOut)
	assert.Len(t, drawn.Table, len(w.Events))
	assert.True(t, drawn.Events[maxEvents-2].Stale)
	assert.Len(t, drawn.Bars, 1)
	assert.Contains(t, drawn.Text, "read version 1")
	for _, e := range drawn.Events {
		assert.Less(t, e.Y, drawn.Height)
	}
}

func TestTimelineOfOddWitnesses(t *testing.T) {
	assert.NotPanics(t, func() {
		empty := NewTimeline("x", trial.Witness{})
		assert.Contains(t, empty.Text, "No load")
		many := trial.Witness{}
		for cpu := range 12 {
			many.Events = append(many.Events, trial.WitnessEvent{VCPU: cpu, Kind: "new", Symbol: strings.Repeat("ü", 90), Source: "a/b.c:1"})
		}
		NewTimeline("x", many)
	})
}

func TestShortTime(t *testing.T) {
	for ns, want := range map[float64]string{0: "0 ns", 999.7: "1000 ns", 1000: "1 us", 12345: "12.3 us", 5121000: "5.12 ms", 999_999_999: "1000 ms", 2.5e9: "2.5 s", 3e13: "30000 s"} {
		assert.Equal(t, want, shortTime(ns))
	}
}
