// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"io"

	"kcovrig/rig/bisect"
)

// Object writes a document as one JSON object and a newline.
func Object(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// Files are the contents of files by their names.
type Files map[string][]byte

// Reports makes the files that are kept beside documents, for people. A member that
// is nil makes none.
type Reports struct {
	Run    func(Saved) (Files, error)
	Matrix func(now SavedMatrix, since *SavedMatrix) (Files, error)
	Search func(bisect.Report) (Files, error)
}
