// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/trial"
)

const ownTest = `AArch64 unpatched
{
0:X1=y; 0:X3=x;
1:X1=y; 1:X3=x;
}
 P0          | P1           ;
 MOV W0,#1   | LDAR W0,[X1] ;
 STR W0,[X3] | LDR W2,[X3]  ;
 STR W0,[X1] |              ;
exists (1:X0=1 /\ 1:X2=0)
`

func put(to ...trial.Order) (out []barrier.Part) {
	for _, one := range to {
		out = append(out, barrier.Part{Change: trial.Change{Address: 0x50, To: one, Before: one.IsBarrier()}})
	}
	return out
}

// Of a suggestion without a witness's test the model is asked by the scenario's own, where the
// fix of that makes the bug impossible.
func TestTheModelIsAskedByTheScenariosOwnTest(t *testing.T) {
	a := asks("DMB ISHST")
	fixed := strings.ReplaceAll(ownTest, "STR W0,[X1]", "STLR W0,[X1]")
	a.tests = ownTests{
		patched:   map[string]string{"patched+control": fixed, "patched+ordered": fixed},
		unpatched: map[string]string{"unpatched+control": ownTest, "unpatched+ordered": ownTest},
	}
	inner := a.model
	a.model = func(ctx context.Context, dir string, tests []trial.LitmusTest) (trial.Expectation, error) {
		switch tests[0].Name {
		case "patched+control":
			return trial.Sometimes, nil
		case "patched+ordered":
			return trial.Never, nil
		case "unpatched+control":
			return "", errors.New("asked of a test whose fix is not enough")
		}
		return inner(ctx, dir, tests)
	}
	suggested := func(parts []barrier.Part) barrier.Model {
		return a.ofSuggestions(t.Context(), []barrier.Suggestion{{Parts: parts}}, nil)[0]
	}
	got := suggested(put(trial.OrderStores))
	require.NotNil(t, got.Own)
	assert.Equal(t, trial.Never, got.Own.Allowed)
	assert.Equal(t, "unpatched+ordered", got.Own.Name)
	assert.Empty(t, got.Says, "that its place is the fix's is not known")
	got = suggested(put(trial.OrderLoads))
	require.NotNil(t, got.Own)
	assert.Equal(t, trial.Sometimes, got.Own.Allowed)
	assert.Nil(t, suggested(put(trial.OrderStores, trial.OrderLoads)).Own, "of one on each side")
	named := a.ofNamed(t.Context(), barrier.Altered{Adds: true, Result: barrier.Result{Effect: barrier.Silent}}, before(4))
	require.NotNil(t, named.Own)
	assert.Equal(t, trial.Never, named.Own.Allowed)
}

// Of several own tests one that is still possible is told, and where the fix's place is not what
// makes the bug impossible nothing is.
func TestAllOfTheScenariosOwnTestsAreAsked(t *testing.T) {
	a := asks("DMB ISHST")
	fixed := strings.ReplaceAll(ownTest, "STR W0,[X1]", "STLR W0,[X1]")
	a.tests = ownTests{
		patched:   map[string]string{"patched+a": fixed, "patched+b": fixed},
		unpatched: map[string]string{"unpatched+a": ownTest, "unpatched+b": strings.ReplaceAll(ownTest, "LDAR", "LDR")},
	}
	a.tests.patched["patched+b"] = strings.ReplaceAll(fixed, "LDAR", "LDR")
	says := func(broken, second trial.Expectation) *trial.LitmusTest {
		a.model = func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
			switch test := tests[0]; {
			case strings.HasPrefix(test.Name, "patched"):
				return trial.Never, nil
			case !strings.Contains(test.Text, "DMB ISHST"):
				return broken, nil
			case test.Name == "unpatched+b":
				if second == "" {
					return "", errors.New("no answer")
				}
				return second, nil
			}
			return trial.Never, nil
		}
		return a.ofSuggestions(t.Context(), []barrier.Suggestion{{Parts: put(trial.OrderStores)}}, nil)[0].Own
	}
	got := says(trial.Sometimes, trial.Sometimes)
	require.NotNil(t, got)
	assert.Equal(t, "unpatched+b", got.Name)
	assert.Equal(t, trial.Sometimes, got.Allowed)
	got = says(trial.Sometimes, trial.Never)
	require.NotNil(t, got)
	assert.Equal(t, "unpatched+a", got.Name)
	assert.Nil(t, says(trial.Sometimes, ""), "one has no answer")
	assert.Nil(t, says(trial.Never, trial.Never), "the test without the fix makes it impossible already")
}

// Half of a fix of both sides may be silent: the model says that it is half.
func TestHalfOfAFixIsSaidToBeOfOneSide(t *testing.T) {
	broken := strings.ReplaceAll(ownTest, "LDAR", "LDR")
	fixed := strings.NewReplacer("STR W0,[X1]", "STLR W0,[X1]", "LDR W0", "LDAR W0").Replace(broken)
	a := asks("")
	a.tests = ownTests{patched: map[string]string{"patched": fixed}, unpatched: map[string]string{"unpatched": broken}}
	a.model = func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
		text := tests[0].Text
		if ordersStores := strings.Contains(text, "STLR") || strings.Contains(text, "\n DMB ISHST "); ordersStores && strings.Contains(text, "LDAR W0") {
			return trial.Never, nil
		}
		return trial.Sometimes, nil
	}
	of := func(to trial.Order) barrier.Model {
		return a.ofSuggestions(t.Context(), []barrier.Suggestion{{Parts: put(to)}}, nil)[0]
	}
	got := of(trial.OrderStores)
	require.NotNil(t, got.Own)
	assert.Equal(t, trial.Never, got.Own.Allowed)
	assert.True(t, got.OneSided)
	assert.Contains(t, got.Own.Text, "LDAR W0")
	got = of(trial.OrderLoads)
	require.NotNil(t, got.Own)
	assert.Equal(t, trial.Sometimes, got.Own.Allowed, "in neither place")
	assert.False(t, got.OneSided)
	named := a.ofNamed(t.Context(), barrier.Altered{Adds: true, Result: barrier.Result{Effect: barrier.Silent}}, before(4))
	assert.True(t, named.OneSided)
}

// Where one part of the fix is enough by itself, what can be in its place is not half of a fix, be it
// that the other part leaves it in the place of that, too.
func TestOnePartOfAFixThatIsEnough(t *testing.T) {
	broken := strings.ReplaceAll(ownTest, "LDAR", "LDR")
	fixed := strings.NewReplacer("STR W0,[X1]", "STLR W0,[X1]", "LDR W0", "LDAR W0").Replace(broken)
	a := asks("")
	a.tests = ownTests{patched: map[string]string{"patched": fixed}, unpatched: map[string]string{"unpatched": broken}}
	a.model = func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
		if text := tests[0].Text; strings.Contains(text, "LDAR W0") || strings.Contains(text, "| DMB ISHLD") {
			return trial.Never, nil
		}
		return trial.Sometimes, nil
	}
	got := a.ofSuggestions(t.Context(), []barrier.Suggestion{{Parts: put(trial.OrderLoads)}}, nil)[0]
	require.NotNil(t, got.Own)
	assert.Equal(t, trial.Never, got.Own.Allowed)
	assert.Contains(t, got.Own.Text, "| DMB ISHLD")
	assert.False(t, got.OneSided)
}
