// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/junit"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func replaySample() trial.Result {
	r := reporttest.Sample()
	r.Command, r.Judgement, r.Observations = "replay", trial.Judgement{}, r.Observations[:1]
	r.Provenance = &trial.Provenance{Initramfs: "5a", Plugin: "weakmem-api7-0", Policy: map[string]uint64{"active": 600}}
	r.Replay = &trial.Replay{
		Run: "/runs/a b", Witness: 2, Asked: 4, LimitNS: 20e9, Focused: true,
		Signature: trial.Signature{
			Variant: trial.Unpatched, Reader: trial.Acquire, Mode: "pc", Reordered: trial.ReorderStores,
			DataStore: trial.Place{Symbol: "memcpy", Offset: 0x30}, FlagStore: trial.Place{Symbol: "stop", Offset: 0x60},
		},
	}
	r.Replay.Add(trial.Try{Outcome: trial.TryReached, ReachedNS: 84_200_000, BootNS: 2_400_000_000, Windows: 60, Witnesses: 3})
	r.Replay.Add(trial.Try{Outcome: trial.TryMissed, Windows: 900, Witnesses: 40})
	r.Replay.Add(trial.Try{Outcome: trial.TryFault, Error: "no QEMU", Whose: "rig"})
	return r
}

func TestReplayInWords(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Text(&out, replaySample(), 0))
	for _, words := range []string{
		"witness 2 of /runs/a b\n  unpatched kernel, acquire reader, mode pc: the store at memcpy+0x30 was passed by the one at stop+0x60, and missed by a load\n",
		"  try  1  reached after 84.2 ms (boot 2.4 s)\n", "missed, 40 other stale reads in 900 windows", "fault of: rig: no QEMU",
		"replay: 1 of 2\n  the stale read was reached again in 1 of 2 tries (95 % interval: 1.3 to 98.7 %), beside 1 that failed and say nothing; 1 were not made\n",
	} {
		assert.Contains(t, out.String(), words)
	}
}

// A replay's folder is a run folder: every report renders it, without a verdict.
func TestReplaysAreReported(t *testing.T) {
	d := result.NewDocument(replaySample())
	assert.Equal(t, "kcovrig replay '/runs/a b' 2 --tries=4 --limit=20s", command(d))
	d.Replay.Focused, d.Replay.Differences = false, []string{"the compiler"}
	assert.Equal(t, "kcovrig replay '/runs/a b' 2 --tries=4 --limit=20s --plain --force", command(d))
	d = result.NewDocument(replaySample())
	assert.Contains(t, SentenceOf(d), "No verdict: the stale read was reached again in 1 of 2 tries")
	assert.Equal(t, d.Replay, result.NewDocument(d.Result()).Replay, "nothing is lost by saving")
	var c junit.Case
	judge(&c, d, "pc")
	assert.NotNil(t, c.Skipped)
}
