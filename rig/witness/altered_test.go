// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// under is a witness that was seen while the emulator altered an instruction.
func under(w trial.Witness, at trial.Instruction, to trial.Order, before bool) trial.Witness {
	w.Under, w.Altered = "something was altered", []trial.AlteredInstruction{{Instruction: at, To: to, Before: before}}
	return w
}

// writerOf is the writer's code of the test as it ran, and what the others are wanted to be.
func writerOf(t *testing.T, w trial.Witness, code trial.Code) ([]string, []trial.LitmusTest) {
	t.Helper()
	w, ran, err := AsExecuted(w, code)
	require.NoError(t, err)
	tests, err := Tests(1, Read(w, ran), ran, code, acquire)
	require.NoError(t, err)
	got, _ := threads(t, tests[0])
	return got, tests
}

// A barrier that ordered nothing is not in the test of what ran, and is in the one of what
// would have ordered it.
func TestTheTestOfAnAlteredKernelIsOfWhatRan(t *testing.T) {
	w := overtaken()
	w.Variant = trial.Patched
	got, tests := writerOf(t, under(w, wmb, trial.OrderNone, false), patched)
	assert.Equal(t, []string{"MOV X0,#1", "STR X0,[X1]", "STR X0,[X3]"}, got)
	require.Len(t, tests, 2)
	assert.Equal(t, trial.Sometimes, tests[0].Expected)
	assert.Equal(t, trial.Never, tests[1].Expected)
	assert.Contains(t, tests[1].Text, "DMB ISHST")
	assert.Contains(t, tests[0].Text, "The emulator altered the kernel's code, which stands here as it was executed: something was altered.")

	// Where nobody noted that the barrier did not run, the code says so.
	w.Events = append(w.Events[:2:2], w.Events[3:]...)
	got, _ = writerOf(t, under(w, wmb, trial.OrderNone, false), patched)
	assert.NotContains(t, got, "DMB ISHST")
	got, _ = writerOf(t, under(w, wmb, trial.OrderLoads, false), patched)
	assert.Contains(t, got, "DMB ISHLD")
}

func TestAReleaseThatIsAPlainStore(t *testing.T) {
	w, code := overtaken(), patched
	release := publishAt
	release.Text = "stlr x25, [x27]"
	w.Variant, w.Events[2].Text = trial.Patched, release.Text
	code.Publish, code.Between = []trial.Instruction{release}, []trial.Instruction{release}
	got, tests := writerOf(t, under(w, release, trial.OrderNone, false), code)
	assert.Equal(t, "STR X0,[X3]", got[2])
	got, _ = threads(t, tests[1])
	assert.Equal(t, "STLR X0,[X3]", got[2])
}

// A barrier that is not in the code is noted at the instruction behind it.
func TestABarrierOfTheEmulators(t *testing.T) {
	w := overtaken()
	barrier := event(0, trial.Barrier, publishAt, 0, 0, 0)
	w.Events = append(w.Events[:2:2], append([]trial.WitnessEvent{barrier}, w.Events[2:]...)...)
	got, _ := writerOf(t, under(w, publishAt, trial.OrderStores, true), unpatched)
	assert.Equal(t, []string{"MOV X0,#1", "STR X0,[X1]", "DMB ISHST", "STR X0,[X3]"}, got)
}

func TestInstructionsAsTheyWereExecuted(t *testing.T) {
	for _, c := range []struct {
		text   string
		to     trial.Order
		before bool
		want   string
	}{
		{"dmb ish", trial.OrderStores, false, "dmb ishst"}, {"isb", trial.OrderNone, false, ""}, {"str x1, [x2]", trial.OrderAll, true, "dmb ish"},
		{"stlrb w1, [x2]", trial.OrderNone, false, "strb w1, [x2]"}, {"ldapr x1, [x2]", trial.OrderNone, false, "ldr x1, [x2]"},
		{"ldar x1, [x2]", trial.OrderAcquirePC, false, "ldapr x1, [x2]"}, {"strh w1, [x2]", trial.OrderRelease, false, "stlrh w1, [x2]"},
		{"ldr x1, [x2]", trial.OrderAcquire, false, "ldar x1, [x2]"},
	} {
		got, err := executed(trial.AlteredInstruction{Instruction: trial.Instruction{Text: c.text}, To: c.to, Before: c.before})
		require.NoError(t, err, c.text)
		assert.Equal(t, c.want, got, c.text)
	}
	for _, c := range []trial.AlteredInstruction{
		{Instruction: trial.Instruction{Text: "casal x1, x2, [x3]"}, To: trial.OrderNone}, {Instruction: trial.Instruction{Text: "ldaxr x1, [x3]"}, To: trial.OrderNone},
		{Instruction: trial.Instruction{Text: "str x1, [x3]"}, To: trial.OrderAcquire}, {To: trial.OrderNone},
	} {
		_, err := executed(c)
		assert.ErrorContains(t, err, "no litmus instruction", c.Text)
	}
	w := overtaken()
	w.Under = "something"
	_, _, err := AsExecuted(w, patched)
	assert.ErrorContains(t, err, "does not say which")
}
