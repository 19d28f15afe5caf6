// SPDX-License-Identifier: Apache-2.0

package modelcheck

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// withHerd is a cache with herd7, which holds no answer from before.
func withHerd(t *testing.T) string {
	t.Helper()
	tools, cache := envtest.Real(t, "asks herd7"), t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(tools, "herd"), filepath.Join(cache, "herd")))
	_, err := herdtools.Find("herd7", cache)
	require.NoError(t, err)
	return cache
}

// What is put between the two stores of a witness makes it impossible, if it orders them.
func TestHerdOnWhatIsAdded(t *testing.T) {
	cache, r := withHerd(t), runOf(trial.Unpatched, trial.Acquire, "dmb ishst")
	publish := r.Code[0].Publish[0]
	for _, c := range []struct {
		change  trial.AlteredInstruction
		between bool
		want    trial.Expectation
	}{
		{trial.AlteredInstruction{To: trial.OrderStores, Before: true}, true, trial.Never},
		{trial.AlteredInstruction{To: trial.OrderAll, Before: true}, true, trial.Never},
		{trial.AlteredInstruction{To: trial.OrderLoads, Before: true}, true, trial.Sometimes},
		{trial.AlteredInstruction{To: trial.OrderAll, Before: true}, false, trial.Sometimes},
		{trial.AlteredInstruction{To: trial.OrderRelease}, false, trial.Never},
	} {
		c.change.Instruction = publish
		isBetween := func(_, _, _ trial.Instruction) (bool, error) { return c.between, nil }
		tests, err := Added(r, 1, []trial.AlteredInstruction{c.change}, isBetween)
		require.NoError(t, err)
		require.NotNil(t, tests.With)
		ran, err := Allowed(t.Context(), cache, []trial.LitmusTest{tests.Ran})
		require.NoError(t, err)
		assert.Equal(t, trial.Sometimes, ran)
		got, err := Allowed(t.Context(), cache, []trial.LitmusTest{*tests.With})
		require.NoError(t, err)
		assert.Equal(t, c.want, got, tests.With.Text)
	}
}

// What herd7 says of the ways that the static look finds in right and wrong fixes.
func TestHerdOnTheWays(t *testing.T) {
	cache := withHerd(t)
	for name, c := range map[string]struct {
		way  []string
		want trial.Expectation
	}{
		"nothing":                            {[]string{"STR X0,[X3]"}, trial.Sometimes},
		"store barrier":                      {[]string{"DMB ST", "STR X0,[X3]"}, trial.Never},
		"full barrier":                       {[]string{"DMB SY", "STR X0,[X3]"}, trial.Never},
		"load barrier":                       {[]string{"DMB LD", "STR X0,[X3]"}, trial.Sometimes},
		"release":                            {[]string{"STLR X0,[X3]"}, trial.Never},
		"release elsewhere":                  {[]string{"STLR X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"acquire elsewhere":                  {[]string{"LDAR X5,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"relaxed atomic":                     {[]string{"STADD X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"acquiring atomic":                   {[]string{"SWPA X0,X5,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"releasing atomic":                   {[]string{"SWPL X0,X5,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"full atomic":                        {[]string{"SWPAL X0,X5,[X9]", "STR X0,[X3]"}, trial.Never},
		"lock, unlock":                       {[]string{"CASA X7,X0,[X9]", "STLR X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"unlock, lock":                       {[]string{"STLR X0,[X9]", "LDAR X5,[X9]", "STR X0,[X3]"}, trial.Never},
		"exclusives":                         {[]string{"LDXR X5,[X9]", "STXR W6,X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"exclusives and barrier":             {[]string{"LDXR X5,[X9]", "STLXR W6,X0,[X9]", "DMB SY", "STR X0,[X3]"}, trial.Never},
		"exclusives that publish, releasing": {[]string{"LDXR X5,[X9]", "STLXR W6,X0,[X3]"}, trial.Never},
		"exclusives that publish":            {[]string{"LDXR X5,[X9]", "STXR W6,X0,[X3]"}, trial.Sometimes},
		"atomic that publishes, releasing":   {[]string{"SWPL X0,X5,[X3]"}, trial.Never},
	} {
		t.Run(name, func(t *testing.T) {
			tests := witness.WayTests("patched", [][]string{c.way})
			for range 2 { // the second answer is the kept one
				got, err := Allowed(t.Context(), cache, tests)
				require.NoError(t, err)
				assert.Equal(t, c.want, got, tests[0].Text)
			}
		})
	}
}

// A loop is followed for some turns: what herd7 came to in these is possible, and what it did
// not come to may be.
func TestWhatHerdHasNotFollowedToItsEndIsNotImpossible(t *testing.T) {
	cache := withHerd(t)
	loop := `AArch64 loop
{
0:X1=y; 0:X3=x;
1:X1=y; 1:X3=x;
}
 P0          | P1          ;
 MOV W0,#1   | L00:        ;
 STR W0,[X3] | LDR W0,[X1] ;
 DMB ISHST   | CBZ W0,L00  ;
 STR W0,[X1] | DMB ISHLD   ;
             | LDR W2,[X3] ;
exists (1:X0=1 /\ 1:X2=0)
`
	_, err := Allowed(t.Context(), cache, []trial.LitmusTest{{Name: "loop", Text: loop}})
	assert.ErrorContains(t, err, "not followed all turns of a loop of loop")
	said, err := Allowed(t.Context(), cache, []trial.LitmusTest{{Name: "loop", Text: strings.Replace(loop, "DMB ISHST", "NOP", 1)}})
	require.NoError(t, err)
	assert.Equal(t, trial.Sometimes, said)
}
