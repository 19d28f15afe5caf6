// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// fakeCross makes a test of each edge, and lists them as diycross7 does.
const fakeCross = `#!/bin/sh
printf '%s\n' "$@" >"$0.argv"
case $1 in -version) echo 7.58; exit ;; esac
printf '# diycross7\n' >@all
for edge; do :; done
case $edge in Odd) echo "Fatal error: Bad relax: Odd" >&2; exit 2 ;; esac
for name in B A; do
	echo "AArch64 $name" >$name.litmus
	echo $name.litmus >>@all
done
`

func TestCrossKeepsTheOrderOfTheList(t *testing.T) {
	cache := toolbox(t, map[string]string{"diycross7": fakeCross})
	tests, err := Cross(t.Context(), cache, []string{"-variant", "Mixed"}, []string{"Rfe", "Fre,Wse"})
	require.NoError(t, err)
	assert.Equal(t, []Source{{"B", "AArch64 B\n"}, {"A", "AArch64 A\n"}}, tests)
	assert.Equal(t, "-arch\nAArch64\n-addnum\ntrue\n-variant\nMixed\nRfe\nFre,Wse\n", read(t, filepath.Join(cache, "herd/bin/diycross7.argv")))
}

func TestCrossSaysWhatDiyRefuses(t *testing.T) {
	cache := toolbox(t, map[string]string{"diycross7": fakeCross})
	_, err := Cross(t.Context(), cache, nil, []string{"Odd"})
	f := requireFault(t, err, fault.Rig)
	assert.Contains(t, f.Tail, "Bad relax: Odd")
	t.Setenv("PATH", t.TempDir()) // the system has none
	_, err = Cross(t.Context(), t.TempDir(), nil, []string{"Odd"})
	assert.Contains(t, requireFault(t, err, fault.Rig).Try, "scripts/setup herd")
}

func TestVersion(t *testing.T) {
	cache := toolbox(t, map[string]string{"diycross7": fakeCross})
	version, err := Version(t.Context(), cache, "diycross7")
	require.NoError(t, err)
	assert.Equal(t, "7.58", version)
}
