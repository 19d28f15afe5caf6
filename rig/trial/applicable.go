// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"
	"strings"
)

// NotApplicable is the error of a scenario that a kernel tree cannot show: none of
// the series with its fix goes on the tree, and none comes off it. It says nothing
// of the fix. Unknown tries are an empty list.
type NotApplicable struct {
	Tries []Tried `json:"tries"`
}

// Tried is one series that fits a tree neither way.
type Tried struct {
	Series string `json:"series"` // the names of its patches
	On     string `json:"on"`     // why it does not go on: which hunk, and where
	Off    string `json:"off"`    // why it does not come off
}

// Error lists the series with the hunks that do not fit.
func (e *NotApplicable) Error() string {
	var b strings.Builder
	b.WriteString("the scenario does not apply to this tree: no series goes on it, and none comes off it")
	for _, t := range e.Tries {
		fmt.Fprintf(&b, "\n%s does not go on: %s\n%s does not come off: %s", t.Series, t.On, t.Series, t.Off)
	}
	return b.String()
}
