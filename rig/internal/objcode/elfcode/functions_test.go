// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/objcodetest"
)

func TestFunctions(t *testing.T) {
	f := objcodetest.Build(t)
	found, err := Functions(f.Vmlinux, []string{"guest/ring.readRelaxed", "guest/ring.readAcquire", "guest/ring.readRelaxed"})
	require.NoError(t, err)
	require.Len(t, found, 2)
	assert.Equal(t, "guest/ring.readAcquire.abi0", found[0].Symbol)
	for _, r := range found {
		assert.Equal(t, coderange.Body, r.Role)
		assert.Less(t, r.Start, r.End)
	}
	for name, match := range map[string]string{
		"guest/ring.readacquire": "guest/ring.readAcquire.abi0",
		"memcpyy":                "would match: memcpy",
		"zzz_nothing_alike":      "nor anything like it",
	} {
		_, err := Functions(f.Vmlinux, []string{name})
		require.Error(t, err)
		assert.Equal(t, fault.User, fault.KindOf(err))
		for _, part := range []string{name, f.Vmlinux, match} {
			assert.ErrorContains(t, err, part)
		}
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

func TestGuestScope(t *testing.T) {
	f := objcodetest.Build(t)
	got, err := GuestScope(f.Vmlinux, []string{"guest/ring.readRelaxed", "guest/ring.readAcquire"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Symbol != "guest/ring.readAcquire.abi0" || got[1].Start != got[0].End || got[1].End-got[1].Start != 8 {
		t.Errorf("%+v", got)
	}
	_, err = GuestScope(f.Vmlinux, []string{"guest/ring.readacquire"})
	for _, part := range []string{"guest/ring.readacquire", f.Vmlinux, "what would match: guest/ring.readAcquire.abi0, guest/ring.readRelaxed"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v lacks %q", err, part)
		}
	}
}
