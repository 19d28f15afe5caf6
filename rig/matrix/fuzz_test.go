// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte("version: 1\naxes: {arch: [arm64, x86_64], patch: [series, none]}\nexpectations: [{patch: none, expect: hit}]"))
	goldentest.Seed(f, "testdata/accept/*.yaml", "testdata/reject/*.yaml", "testdata/meaning/*.yaml", "../../docs/examples/*.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse("m.yaml", text)
		if err != nil {
			require.Equal(t, fault.User, fault.KindOf(err), "%v", err)
			return
		}
		require.NotEmpty(t, m.Cells)
		require.LessOrEqual(t, len(m.Cells), maxCells)
	})
}
