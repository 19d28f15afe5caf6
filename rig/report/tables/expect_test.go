// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/report/format"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

func TestExpectSentence(t *testing.T) {
	seen, ruledOut, not := trial.Expected{Measured: true}, trial.Expected{Measured: true, Contradiction: true}, trial.Expected{}
	ok, wrong, silent := trial.ModelTest{OK: true, Herd: "Never", Result: "Never"}, trial.ModelTest{Herd: "Sometimes", Result: "Never"}, trial.ModelTest{Result: "Never"}
	for _, c := range []struct {
		want  string
		tests []trial.Expected
		model []trial.ModelTest
	}{
		{"no contradiction in the 2 of 3 kernels and readers that were measured", []trial.Expected{seen, seen, not}, nil},
		{"nothing measured to hold against what the model allows for 2 kernels and readers", []trial.Expected{not, not}, nil},
		{"CONTRADICTION: the model rules out stale reads that were measured, in 1 of 2 kernels and readers", []trial.Expected{seen, ruledOut}, nil},
		{
			"no contradiction in the 1 of 1 kernels and readers that were measured; 2 of 4 of the model's tests as their Result lines say, 1 of which herd7 said nothing",
			[]trial.Expected{seen}, []trial.ModelTest{ok, ok, wrong, silent},
		},
	} {
		assert.Equal(t, c.want, ExpectSentence(trial.Expectations{Tests: c.tests, LKMM: c.model}))
	}
}

func TestExpectationsAreInTheScenariosWords(t *testing.T) {
	e := trial.Expectations{Words: wording.Words{Hit: "lost wakeup"}.Completed(), Tests: []trial.Expected{{Name: "a", Measured: true, Contradiction: true, Windows: 9, HitWindows: 2}}}
	var b strings.Builder
	assert.NoError(t, Expectations.Render(&b, format.Text, ShownExpectations{Expectations: e}))
	assert.Contains(t, b.String(), "hits, says herd7  hits, measured")
	assert.Contains(t, b.String(), "2 of 9 tries")
	assert.Contains(t, ExpectSentence(e), "rules out lost wakeups that were measured")
	assert.NotContains(t, b.String(), "stale")
}
