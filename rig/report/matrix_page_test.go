// SPDX-License-Identifier: Apache-2.0

package report

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMatrixPageInABrowser(t *testing.T) {
	b := startBrowser(t)
	page, err := os.ReadFile("matrices/testdata/nightly.html")
	require.NoError(t, err)
	b.open(writePage(t, string(page)))
	assert.Empty(t, b.complaints())
	for name, size := range map[string]struct {
		width  int
		scheme string
	}{"matrix-light.png": {1200, "light"}, "matrix-dark.png": {1200, "dark"}, "matrix-phone.png": {360, "light"}} {
		b.look(name, size.width, size.scheme)
		assert.Empty(t, b.eval(tooPale), name)
	}
}
