// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// inVain says of a search that found nothing what came of what it tried, stage by stage: whether
// the bug was seen all the same, or what has no answer, and why.
func (s Search) inVain() (notes []string) {
	if len(s.Suggestions()) > 0 {
		return nil
	}
	for i, st := range s.Stages {
		if i > 0 && s.Stages[i-1].Name == st.Name {
			continue
		}
		if text := vain(s.of(st.Name)); text != "" {
			notes = append(notes, fmt.Sprintf("%s: %s", st.Name, text))
		}
	}
	return notes
}

func vain(stages []Stage) string {
	effects, reasons := map[Effect]int{}, map[string]int{}
	for _, st := range stages {
		for n, r := range st.Test.Results() {
			if n == 0 || st.Test.of(n).Turns == 0 {
				continue
			}
			if effects[r.Effect]++; r.Effect == Unknown {
				reasons[r.Reason]++
			}
		}
	}
	var parts []string
	for _, e := range []struct {
		Effect
		words string
	}{{Showed, "with %d alterations the bug was seen still"}, {Silent, "with %d it was not"}, {NotExecuted, "%d were not executed"}, {Unknown, "%d have no answer"}} {
		if n := effects[e.Effect]; n > 0 {
			parts = append(parts, fmt.Sprintf(e.words, n))
		}
	}
	text := strings.Join(parts, ", ")
	if len(reasons) > 0 {
		most := slices.MaxFunc(slices.Sorted(maps.Keys(reasons)), func(a, b string) int { return cmp.Compare(reasons[a], reasons[b]) })
		text += fmt.Sprintf(" (%d of these: %s)", reasons[most], most)
	}
	return text
}
