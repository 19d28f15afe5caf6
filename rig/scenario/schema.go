// SPDX-License-Identifier: Apache-2.0

package scenario

import "encoding/json"

// FileSchema is the JSON schema of scenario files, for editors: what Parse accepts
// as far as a schema can say, and what is part of the format but not supported yet.
// docs/scenario.schema.json is its copy.
func FileSchema() ([]byte, error) {
	s := root().schema()
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "kcovrig scenario"
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}
