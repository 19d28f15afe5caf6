// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// hunkError is a hunk that fits nowhere, or in several places.
type hunkError struct {
	header string
	hunk   string // the hunk as it stands in the patch
	reason string
}

func (e *hunkError) Error() string {
	return fmt.Sprintf("hunk %q %s:\n%s", e.header, e.reason, strings.TrimRight(e.hunk, "\n"))
}

// applyHunks applies fragments to text, or takes them back. go-gitdiff's own
// apply wants each hunk at its exact line; here it may have moved: its old
// lines, context included, must stand at the expected place, else at exactly
// one other behind the hunk before it. No line may differ (no fuzz).
func applyHunks(text string, fragments []*gitdiff.TextFragment, reverse bool) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	var out []string
	done, shift := 0, 0
	for _, f := range fragments {
		from, to, expected := sides(f, reverse)
		at, err := locate(lines, from, done, expected+shift)
		if err != nil {
			return "", &hunkError{header: f.Header(), hunk: f.String(), reason: err.Error()}
		}
		shift = at - expected
		out = append(append(out, lines[done:at]...), to...)
		done = at + len(from)
	}
	return strings.Join(append(out, lines[done:]...), ""), nil
}

// sides returns the lines to find, the lines to put there and the index at
// which the hunk expects them.
func sides(f *gitdiff.TextFragment, reverse bool) (from, to []string, at int) {
	position, gone, come := f.OldPosition, gitdiff.OpDelete, gitdiff.OpAdd
	if reverse {
		position, gone, come = f.NewPosition, gitdiff.OpAdd, gitdiff.OpDelete
	}
	for _, l := range f.Lines {
		if l.Op == gitdiff.OpContext || l.Op == gone {
			from = append(from, l.Line)
		}
		if l.Op == gitdiff.OpContext || l.Op == come {
			to = append(to, l.Line)
		}
	}
	return from, to, max(int(position)-1, 0)
}

func locate(lines, want []string, from, expected int) (int, error) {
	if expected >= from && matches(lines, want, expected) {
		return expected, nil
	}
	if len(want) == 0 {
		return 0, fmt.Errorf("adds lines without context behind the end of the file")
	}
	var found []int
	for i := from; i+len(want) <= len(lines); i++ {
		if matches(lines, want, i) {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, fmt.Errorf("does not apply")
	default:
		return 0, fmt.Errorf("fits at lines %d and %d, and at neither where it says", found[0]+1, found[1]+1)
	}
}

func matches(lines, want []string, at int) bool {
	if at+len(want) > len(lines) {
		return false
	}
	for i, w := range want {
		if lines[at+i] != w {
			return false
		}
	}
	return true
}
