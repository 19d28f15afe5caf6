// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// seeds is a list of numbers, as an axis or the entries of a list.
func seeds(n int, form string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(form, i)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// A slip in the axes is not to take all memory, nor an answer minutes.
func TestMatricesAreBounded(t *testing.T) {
	const top = "version: 1\n"
	for name, c := range map[string]struct{ text, want string }{
		"one axis":     {top + "axes: {seed: " + seeds(maxCells+1, "%d") + "}", "more than 10000 cells"},
		"a product":    {top + "axes: {tree: " + seeds(1000, "t%d") + ", patch: " + seeds(1000, "p%d") + ", seed: " + seeds(1000, "%d") + "}", "more than 10000 cells"},
		"included":     {top + "include: " + seeds(maxCells+1, "{seed: %d}"), "include: more than 10000 entries"},
		"both":         {top + "axes: {seed: " + seeds(maxCells, "%d") + "}\ninclude: [{seed: 99999}]", "more than 10000 cells"},
		"excluded":     {top + "axes: {seed: " + seeds(10, "%d") + "}\nexclude: " + seeds(maxEntries+1, "{seed: %d}"), "exclude: more than 1000 entries"},
		"expectations": {top + "axes: {seed: " + seeds(10, "%d") + "}\nexpectations: " + seeds(maxEntries+1, "{seed: %d, expect: fixed}"), "expectations: more than 1000 entries"},
	} {
		began := time.Now()
		_, err := Parse("m.yaml", []byte(c.text))
		assert.ErrorContains(t, err, c.want, name)
		assert.Less(t, time.Since(began), 20*time.Second, name)
	}
}
