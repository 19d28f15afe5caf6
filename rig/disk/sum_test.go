// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What was hashed by one way is found by the others: FIPS 180-2's first example.
func TestAllHashesOfTheSameAreTheSame(t *testing.T) {
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	path := filepath.Join(t.TempDir(), "abc")
	require.NoError(t, os.WriteFile(path, []byte("abc"), 0o600))
	ofFile, err := FileSum(path)
	require.NoError(t, err)
	h := NewHash()
	for _, part := range []string{"a", "", "bc"} {
		_, err := io.WriteString(h, part)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{abc, abc, abc}, []string{Sum([]byte("abc")), ofFile, h.Hex()})
}
