// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/fault"
)

// A second fault beside it must be told, and would be lost in a verdict.
func TestOnlyAnErrorThatIsNothingElseSaysThatAScenarioDoesNotApply(t *testing.T) {
	none := DoesNotApplyf(fault.User, "look at the tree", "it has no %s", "net/ring/main.c")
	other := errors.New("the disk is full")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"itself":            {none, true},
		"wrapped":           {fmt.Errorf("build: %w", errors.Join(none, nil)), true},
		"with another":      {errors.Join(none, other), false},
		"another":           {fault.Wrap(fault.User, "apply mine.patch", other), false},
		"wrapped with more": {fmt.Errorf("%w, and %w", none, other), false},
		"none":              {nil, false},
	} {
		assert.Equal(t, c.want, Inapplicable(c.err) != nil, name)
		var r Result
		left := r.FailureOrVerdict(c.err)
		assert.Equal(t, c.want, r.Judgement.Verdict == DoesNotApply, name)
		assert.Equal(t, left == nil, r.Failure == nil, name)
		if !c.want {
			assert.Equal(t, c.err, left, name)
		}
	}
	assert.Equal(t, []string{"it has no net/ring/main.c"}, Inapplicable(none).Judgement().Reasons)
}
