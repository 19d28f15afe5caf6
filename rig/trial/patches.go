// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Patches are the user's patches in the order in which they apply: each a file, a
// folder of them, or a commit of the tree. In JSON one alone is a text, as it was
// when there could be no more; several are a list.
type Patches []string

// MarshalJSON writes one patch as a text, several as a list.
func (p Patches) MarshalJSON() ([]byte, error) {
	if len(p) == 1 {
		return json.Marshal(p[0])
	}
	return json.Marshal([]string(p))
}

// UnmarshalJSON reads either form.
func (p *Patches) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*p = nil
		if one != "" {
			*p = Patches{one}
		}
		return nil
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("patch: want a text or a list of texts: %w", err)
	}
	*p = list
	return nil
}

// String names them in one line.
func (p Patches) String() string { return strings.Join(p, ", ") }
