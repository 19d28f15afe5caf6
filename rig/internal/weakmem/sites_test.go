// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// record renders a site as the plugin does.
func record(s Site) []byte {
	out := make([]byte, siteSize)
	for i, v := range []uint64{s.First, s.By, s.Second, s.Count} {
		binary.NativeEndian.PutUint64(out[8*i:], v)
	}
	copy(out[siteSize-siteWhyBytes:], s.Why)
	return out
}

func TestSitesAreRead(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"passed", "passed"}, {"order-barrier", "order-barrier"}, {"order-release", "order-release"}, {"order-atomic", "order-atomic"},
		{"load-passed", "load-passed"}, {"load-order", "load-order"},
		{"read-passed", "read-passed"}, {"read-order-barrier", "read-order-barrier"}, {"read-order-atomic", "read-order-atomic"},
		{"read-caution-call", "read-caution-call"}, {"read-caution-newword", "read-caution-newword"}, {"read-lost", "read-lost"},
		{"read-order-new", "read-caution-unknown"}, {"read-load-order", "read-caution-unknown"}, {"read-load-caution-walk", "read-caution-unknown"}, {"read-", "read-caution-unknown"},
		{"caution-call", "caution-call"}, {"caution-newword", "caution-newword"}, {"lost", "lost"},
		// Nothing that is not known may pass for an order.
		{"order-new", "caution-unknown"}, {"load-choice", "caution-unknown"}, {"load-caution-walk", "caution-unknown"},
		{"caution-\x1b[2J", "caution-unknown"}, {"passed\x01", "caution-unknown"}, {"12345678901234567890123456789012", "caution-unknown"},
	} {
		got, err := parseSites(record(Site{First: 1, By: 2, Second: 3, Count: 4, Why: c.in}))
		require.NoError(t, err)
		assert.Equal(t, []Site{{1, 2, 3, 4, c.want}}, got, c.in)
	}
	for _, c := range []struct{ in, want string }{
		{"load-choice", "load-choice"}, {"load-caution-walk", "load-caution-walk"}, {"passed", "load-caution-unknown"}, {"caution-call", "load-caution-unknown"},
		{"read-passed", "read-caution-unknown"}, {"read-lost", "read-lost"},
		{"load-passed", "load-caution-unknown"}, {"load-order", "load-caution-unknown"},
	} {
		got, err := parseSites(record(Site{Second: 3, Count: 4, Why: c.in}))
		require.NoError(t, err)
		assert.Equal(t, []Site{{0, 0, 3, 4, c.want}}, got, c.in)
	}
}

func TestSitesFileIsNotTrusted(t *testing.T) {
	got, err := parseSites(append(make([]byte, 3*siteSize), record(Site{First: 1, Why: "passed"})...))
	require.NoError(t, err)
	assert.Empty(t, got, "unused records and such that counted nothing")
	_, err = parseSites(make([]byte, siteSize+1))
	assert.Error(t, err, "a table that was cut")
	_, err = parseSites(make([]byte, (maxSites+1)*siteSize))
	assert.Error(t, err, "a table too large")

	path := filepath.Join(t.TempDir(), "sites")
	got, err = ReadSites(path)
	require.NoError(t, err)
	assert.Empty(t, got, "no table")
	require.NoError(t, os.WriteFile(path, record(Site{First: 1, Count: 2, Why: "passed"}), 0o600))
	got, err = ReadSites(path)
	require.NoError(t, err)
	assert.Len(t, got, 1)
	_, err = ReadSites(filepath.Dir(path))
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}

func TestAllSitesThatThePluginKeepsAreRead(t *testing.T) {
	header, err := os.ReadFile("plugin/sites.h")
	require.NoError(t, err)
	assert.Contains(t, string(header), fmt.Sprintf("\n#define SITES %d\n", maxSites))
}
