// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

const ownUnpatched = `AArch64 unpatched
{
0:X1=head; 0:X3=slot;
1:X1=head; 1:X3=slot;
}
 P0          | P1           ;
 MOV W0,#1   | LDAR W0,[X1] ;
 STR W0,[X3] | LDR W2,[X3]  ;
 STR W0,[X1] |              ;
exists (1:X0=1 /\ 1:X2=0)
`

func put(to trial.Order) trial.Change { return trial.Change{To: to, Before: to.IsBarrier()} }

// What is suggested stands in the place of the fix of the scenario's own test, and nowhere else.
func TestAScenariosOwnTestsHaveWhatIsSuggested(t *testing.T) {
	released := strings.NewReplacer("unpatched", "patched", " STR W0,[X1] |", " STLR W0,[X1] |").Replace(ownUnpatched)
	patched := map[string]string{"patched": released, "patched+control": released}
	unpatched := map[string]string{"unpatched": ownUnpatched}
	for to, want := range map[trial.Order]string{
		trial.OrderStores:  " STR W0,[X3] | LDR W2,[X3]  ;\n DMB ISHST   |              ;\n STR W0,[X1] |              ;\n",
		trial.OrderAll:     " DMB ISH     |              ;\n STR W0,[X1] |              ;\n",
		trial.OrderRelease: " STR W0,[X3]  | LDR W2,[X3]  ;\n STLR W0,[X1] |              ;\n",
	} {
		got := OwnTests(patched, unpatched, put(to))
		require.Len(t, got, 1, to)
		require.Len(t, got[0].Changed, 1)
		assert.Contains(t, got[0].Changed[0].Test.Text, want)
		assert.Nil(t, got[0].Changed[0].Alone)
		assert.Equal(t, trial.LitmusTest{Name: "patched", Text: released}, got[0].Fixed)
	}
	assert.Empty(t, OwnTests(patched, unpatched, put(trial.OrderAcquire)), "the fix stands at a store")
	unpatched["unpatched+control"] = ownUnpatched
	assert.Len(t, OwnTests(patched, unpatched, put(trial.OrderStores)), 2, "of each shape")
	patched["patched"] = strings.ReplaceAll(released, "STR W0,[X3]", "STLR W0,[X3]")
	assert.Len(t, OwnTests(patched, unpatched, put(trial.OrderStores)), 1, "two of the instructions of a thread are other ones")
	assert.Empty(t, OwnTests(nil, unpatched, put(trial.OrderStores)))
}

// Of a fix of the reader's side a load acquires where the fix is, that before a barrier, and a
// barrier stands behind the load whose form is the fix.
func TestAScenariosOwnTestsOfLoads(t *testing.T) {
	broken := `AArch64 unpatched
{
0:X1=head; 0:X3=slot;
1:X1=head; 1:X3=slot;
}
 P0          | P1          ;
 MOV W0,#1   | LDR W0,[X1] ;
 STR W0,[X3] | CBZ W0,none ;
 DMB ISHST   | LDR W2,[X3] ;
 STR W0,[X1] | none:       ;
exists (1:X0=1 /\ 1:X2=0)
`
	for _, fixed := range []string{
		strings.ReplaceAll(broken, "LDR W0", "LDAR W0"),
		strings.ReplaceAll(broken, "| LDR W2,[X3] ;", "| DMB ISHLD ;\n | LDR W2,[X3] ;"),
	} {
		tests := func(to trial.Order) OwnTest {
			got := OwnTests(map[string]string{"patched": fixed}, map[string]string{"unpatched": broken}, put(to))
			require.Len(t, got, 1, fixed)
			return got[0]
		}
		assert.Equal(t, trial.LitmusTest{Name: "unpatched", Text: broken}, tests(trial.OrderLoads).Broken)
		text := tests(trial.OrderAcquirePC).Changed[0].Test.Text
		assert.Contains(t, text, "LDAPR W0,[X1]")
		assert.Contains(t, text, "LDR W2,[X3]")
		text = tests(trial.OrderLoads).Changed[0].Test.Text
		load, order := strings.Index(text, "LDR W0"), strings.Index(text, "DMB ISHLD")
		assert.Greater(t, order, load, text)
		assert.Less(t, order, strings.Index(text, "LDR W2"), text)
	}
}

// Of a fix of both sides what is suggested stands in the place of one part: with the other, and alone.
func TestAScenariosOwnTestsOfAFixOfBothSides(t *testing.T) {
	broken := strings.ReplaceAll(ownUnpatched, "LDAR W0", "LDR W0")
	fixed := strings.NewReplacer("STR W0,[X1]", "STLR W0,[X1]", "LDR W0", "LDAR W0").Replace(broken)
	tests := func(to trial.Order) []OwnChange {
		got := OwnTests(map[string]string{"patched": fixed}, map[string]string{"unpatched": broken}, put(to))
		require.Len(t, got, 1)
		return got[0].Changed
	}
	got := tests(trial.OrderStores)
	require.Len(t, got, 2, "a barrier can stand in the place of each part")
	assert.Contains(t, got[0].Test.Text, "DMB ISHST")
	assert.NotContains(t, got[0].Test.Text, "STLR")
	assert.Contains(t, got[0].Test.Text, "LDAR W0")
	require.NotNil(t, got[0].Alone)
	assert.Contains(t, got[0].Alone.Text, "DMB ISHST")
	assert.NotContains(t, got[0].Alone.Text, "LDAR W0")
	assert.Contains(t, got[1].Test.Text, "STLR")
	got = tests(trial.OrderAcquirePC)
	require.Len(t, got, 1)
	assert.Contains(t, got[0].Test.Text, "LDAPR W0")
	assert.Contains(t, got[0].Test.Text, "STLR")
	assert.NotContains(t, got[0].Alone.Text, "STLR")
}
