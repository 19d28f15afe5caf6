// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const unordered = `AArch64 unpatched
(* Result: Sometimes; of { and } *)
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

func columns(t *testing.T, text string) Columns {
	t.Helper()
	c, err := ReadColumns(text)
	require.NoError(t, err)
	return c
}

// What a test is written as again is the test.
func TestColumnsAreWrittenAsTheyWereRead(t *testing.T) {
	c := columns(t, unordered)
	assert.Equal(t, [][]string{{"MOV W0,#1", "STR W0,[X3]", "STR W0,[X1]"}, {"LDAR W0,[X1]", "LDR W2,[X3]"}}, c.Threads)
	assert.Equal(t, unordered, c.Text())
}

// Where two tests differ is where the one orders: by a form, or by a barrier.
func TestWhereATestOrders(t *testing.T) {
	c := columns(t, unordered)
	place := Place{Thread: 0, Index: 2}
	assert.Equal(t, "STR W0,[X1]", c.At(place))
	release := c.WithForm(place, "STLR W0,[X1]")
	assert.Equal(t, "STLR W0,[X1]", release.At(place))
	barrier := c.WithBarrier(place, "DMB ISHST")
	assert.Equal(t, []string{"MOV W0,#1", "STR W0,[X3]", "DMB ISHST", "STR W0,[X1]"}, barrier.Threads[0])
	for _, ordered := range []Columns{release, barrier, columns(t, barrier.Text())} {
		got, err := PlaceOf(ordered, c)
		require.NoError(t, err)
		assert.Equal(t, place, got)
	}
	assert.Equal(t, unordered, c.Text(), "the test itself is what it was")
}

// Tests that differ in no place, in two, or in more than what orders, have no such place.
func TestTestsThatDoNotDifferInOnePlace(t *testing.T) {
	c := columns(t, unordered)
	twice := c.WithBarrier(Place{Thread: 0, Index: 2}, "DMB ISHST").WithBarrier(Place{Thread: 1, Index: 1}, "DMB ISHLD")
	two := c.WithBarrier(Place{Thread: 0, Index: 2}, "DMB ISHST").WithBarrier(Place{Thread: 0, Index: 2}, "DMB ISH")
	last := c.WithBarrier(Place{Thread: 0, Index: 3}, "DMB ISHST")
	for _, ordered := range []Columns{c, twice, two, last, {Threads: c.Threads[:1]}} {
		_, err := PlaceOf(ordered, c)
		assert.Error(t, err, ordered.Text())
	}
	_, err := PlaceOf(c, twice)
	assert.Error(t, err)
}

func TestTextsThatAreNoTestWithCode(t *testing.T) {
	for _, text := range []string{"", "AArch64 x\n{}\n", "AArch64 x\n{}\n P0 | P1 ;\n NOP | NOP ;\n", "C x\n{}\n P0 ;\nexists (x=1)"} {
		_, err := ReadColumns(text)
		assert.Error(t, err, text)
	}
}
