// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestConfigValidate(t *testing.T) {
	good := goodConfig()
	require.NoError(t, good.Validate())
	for name, spoil := range map[string]func(*Config){
		"no mode":          func(c *Config) { c.Modes = nil },
		"unknown mode":     func(c *Config) { c.Modes = []string{"pc", "tick"} },
		"mode twice":       func(c *Config) { c.Modes = []string{"pc", "pc"} },
		"unknown reader":   func(c *Config) { c.Reader = "" },
		"no block size":    func(c *Config) { c.BlockSize = 0 },
		"negative":         func(c *Config) { c.Detections = -1 },
		"no progress":      func(c *Config) { c.Every = 0 },
		"nowhere to write": func(c *Config) { c.Detection = nil },
	} {
		c := goodConfig()
		spoil(&c)
		assert.Error(t, c.Validate(), name)
	}
}

func goodConfig() Config {
	return Config{
		Modes: []string{"pc", "cmp"}, Reader: "acquire", BlockSize: 1, Every: 1,
		Progress: func(wire.Progress) {}, Detection: func(wire.Detection) {},
	}
}
