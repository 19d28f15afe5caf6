// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/yamlfile"
)

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/accept/*.yaml", "testdata/reject/*.yaml", "testdata/meaning/*.yaml", "../../scenarios/*/scenario.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		yamlfile.Places(text)
		if _, err := parse("scenario.yaml", text); err != nil {
			require.Equal(t, fault.User, fault.KindOf(err), "%v", err)
		}
	})
}

// What a coordinator sends has the hash that it promised, or is refused.
func FuzzUnpack(f *testing.F) {
	s, err := Load(Default)
	require.NoError(f, err)
	packed, err := s.Pack()
	require.NoError(f, err)
	f.Add(packed)
	f.Add(packed[len(packed)/2:])
	f.Fuzz(func(t *testing.T, packed []byte) {
		if got, err := Unpack(packed, s.Hash); err == nil {
			require.Equal(t, s.Hash, got.Hash)
		}
	})
}
