// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
)

// Whatever can be read as a report on barriers can be shown in every form, and steers no
// terminal: it may have come with a run folder of others.
func FuzzReports(f *testing.F) {
	goldentest.Seed(f, "testdata/*.json")
	f.Add([]byte(`{"schema":"` + barrier.Schema + `","suggestions":[{"parts":[{}]}],"barriers":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := barrier.Parse(text)
		if err != nil {
			return
		}
		r.Summary()
		for _, w := range Reports {
			var out bytes.Buffer
			require.NoError(t, Reports.Render(&out, w.Format, r), "%s", w.Format)
			if w.Format == format.Text || w.Format == format.Line {
				require.Less(t, strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }), 0, "%q", out.String())
			}
		}
	})
}
