// SPDX-License-Identifier: Apache-2.0

package matrices

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/matrix"
	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
)

// Whatever can be read as a matrix, and as a cell of one, can be shown in every form, and
// steers no terminal.
func FuzzReports(f *testing.F) {
	goldentest.Seed(f, "testdata/nightly.json", "../../../cmd/kcovrig/testdata/released/matrix/matrix.json")
	f.Add([]byte(`{"schema":"` + matrix.Schema + `","cells":[{"cell":{},"status":"failed"}],"builds":[{"image":{}}]}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "matrix.json"), text, 0o600))
		if cell, err := result.LoadCell(filepath.Join(dir, "matrix.json")); err == nil {
			_ = cell.Check()
			cell.Words()
		}
		saved, err := result.LoadMatrix(dir)
		if err != nil {
			return
		}
		for _, w := range Reports {
			var out bytes.Buffer
			require.NoError(t, Reports.Render(&out, w.Format, Report{Now: saved}), "%s", w.Format)
			if w.Format == format.Text {
				require.Less(t, strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }), 0, "%q", out.String())
			}
		}
	})
}
