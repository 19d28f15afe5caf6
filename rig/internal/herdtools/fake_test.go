// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// fakeLitmus keeps its arguments, and "makes" of each test a C file that is the
// test itself, save of those it does not take, and a Makefile that copies them.
const fakeLitmus = `#!/bin/sh
printf '%s\n' "$@" >"$0.argv"
while [ $# -gt 0 ]; do
	case $1 in
	-o) out=$2; shift ;;
	*.litmus)
		if grep -q refused "$1"; then
			echo "Warning: $1 is not understood" >&2
		elif grep -q fatal "$1"; then
			echo "Fatal error: $1" >&2
			exit 2
		else
			cp "$1" "$out/${1%.litmus}.c"
		fi ;;
	esac
	shift
done
printf '%%.exe: %%.c\n\t@! grep "no C" $< >&2\n\t@echo "$(LINKOPTS)" | cat $< - >$@\n' >"$out/Makefile"
`

// fakeHerd keeps its arguments and does as the test's text says.
const fakeHerd = `#!/bin/sh
printf '%s\n' "$@" >"$0.argv"
for file; do :; done
case $(cat "$file") in
*hangs*) echo $$ >"$0.pid"; sleep 60 ;;
*fails*) echo "herd7: no such model" >&2; exit 2 ;;
*sizes*) case $* in *"-variant mixed"*) echo "Test MP Allowed" ;; *) echo "Illegal mixed-size test (User error)" >&2 ;; esac ;;
*mixed*) case $* in *"-variant mixed"*) echo "Test MP Allowed" ;; *) echo "consider option -variant mixed" >&2 ;; esac ;;
*warns*) echo "Test MP Allowed"; echo "Warning: MP.litmus:  odd" >&2 ;;
*babbles*) echo "Observation of nothing" ;;
*) echo "Test MP Allowed" ;;
esac
`

// toolbox is a cache folder with the programs of the given texts.
func toolbox(t *testing.T, programs map[string]string) string {
	t.Helper()
	cache := t.TempDir()
	bin := filepath.Join(cache, "herd", "bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	for name, text := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755))
	}
	return cache
}

// haveMake skips where what litmus7's Makefile needs is not there.
func haveMake(t *testing.T) {
	t.Helper()
	if _, err := proc.LookPath("make"); err != nil {
		t.Skip("no make: apt-get install make")
	}
}

// withLibC makes Build find arm64's C library at path for the test's time.
func withLibC(t *testing.T, path string) {
	t.Helper()
	before := libC
	libC = path
	t.Cleanup(func() { libC = before })
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func requireFault(t *testing.T, err error, kind fault.Kind) *fault.Error {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, kind, fault.KindOf(err), "%v", err)
	return f
}

const soon = 20 * time.Second // far beyond what a fake takes
