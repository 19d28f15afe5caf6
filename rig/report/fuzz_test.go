// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
)

// Whatever can be read as a result can be shown in every form, and steers no terminal.
func FuzzReports(f *testing.F) {
	for _, name := range samples {
		for _, run := range reporttest.Load(f, name) {
			f.Add([]byte(run.Raw))
		}
	}
	f.Add([]byte(`{"schema":"` + result.Schema + `","verdict":"fixed"}`))
	f.Add([]byte(`{"schema":"` + result.Schema + `","command":"compare","verdict":"fixed","missProbability":1,"arms":[{}],"witnesses":[{}],"modes":[{}],"voices":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		saved, err := result.Parse("/run", "run", text)
		if err != nil {
			return
		}
		for _, w := range Runs {
			var out bytes.Buffer
			require.NoError(t, Runs.Render(&out, w.Format, RunsReport{Runs: []result.Saved{saved}}), "%s", w.Format)
			if w.Format == format.Text {
				require.Less(t, strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }), 0, "%q", out.String())
			}
		}
	})
}
