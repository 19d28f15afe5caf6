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
		assert.Contains(t, got[0].Changed.Text, want)
		assert.Equal(t, trial.LitmusTest{Name: "patched", Text: released}, got[0].Fixed)
	}
	assert.Empty(t, OwnTests(patched, unpatched, put(trial.OrderAcquire)), "the fix stands at a store")
	unpatched["unpatched+control"] = ownUnpatched
	assert.Len(t, OwnTests(patched, unpatched, put(trial.OrderStores)), 2, "of each shape")
	patched["patched"] = strings.ReplaceAll(released, "LDR W2", "LDAR W2")
	assert.Len(t, OwnTests(patched, unpatched, put(trial.OrderStores)), 1, "a fix of both sides has no one place")
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
		text := tests(trial.OrderAcquirePC).Changed.Text
		assert.Contains(t, text, "LDAPR W0,[X1]")
		assert.Contains(t, text, "LDR W2,[X3]")
		text = tests(trial.OrderLoads).Changed.Text
		load, order := strings.Index(text, "LDR W0"), strings.Index(text, "DMB ISHLD")
		assert.Greater(t, order, load, text)
		assert.Less(t, order, strings.Index(text, "LDR W2"), text)
	}
}
