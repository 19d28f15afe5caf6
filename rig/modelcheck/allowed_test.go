// SPDX-License-Identifier: Apache-2.0

package modelcheck

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// What herd7 says of the ways that the static look finds in right and wrong fixes.
func TestHerdOnTheWays(t *testing.T) {
	tools := envtest.Real(t, "asks herd7")
	cache := t.TempDir() // it holds no answer from before
	require.NoError(t, os.Symlink(filepath.Join(tools, "herd"), filepath.Join(cache, "herd")))
	_, err := herdtools.Find("herd7", cache)
	require.NoError(t, err)
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
