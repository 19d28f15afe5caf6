// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCutLeavesWhatIsInNoHole(t *testing.T) {
	r := func(start, end uint64) Range { return Range{Symbol: "r", Start: start, End: end} }
	for name, c := range map[string]struct{ in, holes, want []Range }{
		"nothing to cut":            {[]Range{r(4, 8)}, []Range{r(0, 4), r(8, 12)}, []Range{r(4, 8)}},
		"in the midst, in disorder": {[]Range{r(0, 40)}, []Range{r(20, 24), r(4, 8)}, []Range{r(0, 4), r(8, 20), r(24, 40)}},
		"both ends":                 {[]Range{r(4, 40)}, []Range{r(0, 8), r(36, 48)}, []Range{r(8, 36)}},
		"all":                       {[]Range{r(4, 8), r(12, 16)}, []Range{r(0, 12)}, []Range{r(12, 16)}},
		"holes that overlap":        {[]Range{r(0, 40)}, []Range{r(4, 20), r(8, 12)}, []Range{r(0, 4), r(20, 40)}},
	} {
		assert.Equal(t, c.want, Cut(c.in, c.holes), name)
	}
}
