// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/session"
	"kcovrig/guest/wire"
)

func TestPoisonsAreUniqueAndNoAddresses(t *testing.T) {
	seen := map[uint64]bool{}
	for _, round := range []uint64{0, 1, 2, 1 << 16, maxRound - 1, maxRound} {
		p := poisonOf(round)
		assert.False(t, seen[p])
		seen[p] = true
		assert.True(t, isPoison(p))
		assert.False(t, isKernelAddress(p))
	}
}

func TestIsKernelAddress(t *testing.T) {
	for _, v := range []uint64{0xffff800080000000, 0xffffffff81000000, 0xfff0000000000000} {
		assert.True(t, isKernelAddress(v), "%#x", v)
		assert.False(t, isPoison(v), "%#x", v)
	}
	for _, v := range []uint64{0, 1, 0x400000, 0x0000ffffffffffff} {
		assert.False(t, isKernelAddress(v), "%#x", v)
	}
}

func TestCheckFindsWhatNoKernelWrote(t *testing.T) {
	pc, err := lookupMode("pc")
	require.NoError(t, err)
	cmp, err := lookupMode("cmp")
	require.NoError(t, err)
	const a, b = 0xffff80008025ca78, 0xffff80008025ca9c
	now, before := poisonOf(7), poisonOf(6)
	for name, c := range map[string]struct {
		mode  mode
		words []uint64
		want  string
	}{
		"pc":                {pc, []uint64{a, b}, ""},
		"pc unfilled":       {pc, []uint64{a, now}, "word 1 was never filled"},
		"pc another round":  {pc, []uint64{before, b}, "word 0 holds the poison of another round"},
		"pc no address":     {pc, []uint64{a, 0}, "word 1 is no kernel address"},
		"cmp":               {cmp, []uint64{5, 0, 1, a, 5, 2, 3, b}, ""},
		"cmp unfilled type": {cmp, []uint64{5, 0, 1, a, now, 2, 3, b}, "word 4 was never filled"},
		"cmp unfilled arg":  {cmp, []uint64{5, now, 1, a, 5, 2, 3, b}, "word 1 was never filled"},
		"cmp unfilled pc":   {cmp, []uint64{5, 0, 1, a, 5, 2, 3, now}, "word 7 was never filled"},
		"cmp another round": {cmp, []uint64{5, 0, before, a}, "word 2 holds the poison of another round"},
		"cmp no address":    {cmp, []uint64{5, 0, 1, 4}, "word 3 is no kernel address"},
	} {
		err := c.mode.check(c.words, now)
		if c.want == "" {
			assert.NoError(t, err, name)
		} else {
			assert.ErrorContains(t, err, c.want, name)
		}
	}
}

func TestJobsAreRefusedForEachThingThatIsWrong(t *testing.T) {
	require.NoError(t, check(goodJob()))
	for name, spoil := range map[string]func(*session.Job){
		"no mode":          func(j *session.Job) { j.Modes = nil },
		"unknown mode":     func(j *session.Job) { j.Modes = []string{"pc", "tick"} },
		"mode twice":       func(j *session.Job) { j.Modes = []string{"pc", "pc"} },
		"unknown reader":   func(j *session.Job) { j.Reader = "" },
		"no block size":    func(j *session.Job) { j.BlockSize = 0 },
		"negative":         func(j *session.Job) { j.Detections = -1 },
		"no progress":      func(j *session.Job) { j.ProgressNS = 0 },
		"nowhere to write": func(j *session.Job) { j.Detection = nil },
	} {
		j := goodJob()
		spoil(&j)
		assert.Error(t, check(j), name)
	}
}

func goodJob() session.Job {
	return session.Job{
		Start:    wire.Start{Modes: []string{"pc", "cmp"}, Reader: "acquire", BlockSize: 1, ProgressNS: 1},
		Progress: func(wire.Progress) {}, Detection: func(wire.Detection) {},
	}
}
