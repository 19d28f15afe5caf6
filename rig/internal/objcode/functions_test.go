// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// The test's own program is a binary with symbols.
func TestFunctions(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	if _, err := Functions(self, nil); err != nil {
		t.Skipf("the test program has no symbols: %v; run go test with -o, which keeps them", err)
	}
	found, err := Functions(self, []string{"sort.Strings", "runtime.memmove", "sort.Strings"})
	require.NoError(t, err)
	require.Len(t, found, 2)
	assert.Less(t, found[0].Start, found[1].Start)
	for _, r := range found {
		assert.Equal(t, RoleBody, r.Role)
		assert.Less(t, r.Start, r.End)
	}
	for name, match := range map[string]string{
		"sort.String":       "sort.Strings",
		"runtime.memmoev":   "runtime.memmove",
		"zzz.nothing.alike": "nor anything like it",
	} {
		_, err := Functions(self, []string{name})
		require.Error(t, err)
		assert.Equal(t, fault.User, fault.KindOf(err))
		assert.ErrorContains(t, err, name)
		assert.ErrorContains(t, err, self)
		assert.ErrorContains(t, err, match)
	}
	_, err = Functions("/dev/null", []string{"x"})
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}

func TestTypingErrors(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"copy_page", "copy_page", 0}, {"copy_pgae", "copy_page", 2}, {"copy", "copyy", 1}, {"abc", "xyz", 3}, {"a", "abcdef", 4}, {"abcdef", "uvwxyz", 4}} {
		assert.Equal(t, c.want, typingErrors(c.a, c.b, 3), "%s %s", c.a, c.b)
	}
}
