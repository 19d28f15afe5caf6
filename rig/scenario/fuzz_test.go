// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/yamlfile"
)

func FuzzParse(f *testing.F) {
	goldentest.Seed(f, "testdata/accept/*.yaml", "testdata/reject/*.yaml", "testdata/meaning/*.yaml", "../../scenarios/*/scenario.yaml")
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
