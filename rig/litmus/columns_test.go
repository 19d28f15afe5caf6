// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"strings"
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
	form := Place{Thread: 0, Index: 2, Form: true}
	assert.Equal(t, "STR W0,[X1]", c.At(place))
	release := c.WithForm(place, "STLR W0,[X1]")
	assert.Equal(t, "STLR W0,[X1]", release.At(place))
	barrier := c.WithBarrier(place, "DMB ISHST")
	assert.Equal(t, []string{"MOV W0,#1", "STR W0,[X3]", "DMB ISHST", "STR W0,[X1]"}, barrier.Threads[0])
	for _, o := range []struct {
		ordered Columns
		want    Place
	}{{release, form}, {barrier, place}, {columns(t, barrier.Text()), place}} {
		got, err := PlacesOf(o.ordered, c)
		require.NoError(t, err)
		assert.Equal(t, []Place{o.want}, got)
	}
	reader := Place{Thread: 1, Index: 1}
	both := barrier.WithBarrier(reader, "DMB ISHLD")
	got, err := PlacesOf(both, c)
	require.NoError(t, err)
	assert.Equal(t, []Place{place, reader}, got)
	assert.Equal(t, c.WithBarrier(reader, "DMB ISHLD").Text(), c.WithThreadsOf(both, place).Text())
	assert.Equal(t, unordered, c.Text(), "the test itself is what it was")
}

// Tests that differ in no place, in two of a thread, or in more than what orders, have no such place.
func TestTestsThatDoNotDifferInOrderAlone(t *testing.T) {
	c := columns(t, unordered)
	two := c.WithBarrier(Place{Thread: 0, Index: 2}, "DMB ISHST").WithBarrier(Place{Thread: 0, Index: 2}, "DMB ISH")
	last := c.WithBarrier(Place{Thread: 0, Index: 3}, "DMB ISHST")
	none := c.WithBarrier(Place{Thread: 0, Index: 2}, "NOP")
	register := c.WithForm(Place{Thread: 0, Index: 2}, "STLR W4,[X1]")
	for _, ordered := range []Columns{c, two, last, none, register, {Threads: c.Threads[:1]}} {
		_, err := PlacesOf(ordered, c)
		assert.Error(t, err, ordered.Text())
	}
	_, err := PlacesOf(c, two)
	assert.Error(t, err)
}

func TestTextsThatAreNoTestWithCode(t *testing.T) {
	for _, text := range []string{"", "AArch64 x\n{}\n", "AArch64 x\n{}\n P0 | P1 ;\n NOP | NOP ;\n", "C x\n{}\n P0 ;\nexists (x=1)"} {
		_, err := ReadColumns(text)
		assert.Error(t, err, text)
	}
}

// What a load orders is behind it: in the place of a barrier it is the one before that, and
// a barrier in its place stands behind it.
func TestLoadsOrderWhatIsBehindThem(t *testing.T) {
	c := columns(t, strings.ReplaceAll(unordered, "LDAR", "LDR"))
	behind, form := Place{Thread: 1, Index: 1}, Place{Thread: 1, Index: 0, Form: true}
	for _, p := range []Place{behind, form} {
		got, err := c.Access(p, true)
		require.NoError(t, err)
		assert.Equal(t, "LDR W0,[X1]", c.At(got))
		_, err = c.Access(p, false)
		assert.Error(t, err)
		assert.Equal(t, []string{"LDR W0,[X1]", "DMB ISHLD", "LDR W2,[X3]"}, c.WithBarrier(p, "DMB ISHLD").Threads[1])
	}
	_, err := c.Access(Place{Thread: 0, Index: 2}, true)
	assert.Error(t, err, "no load comes before")
	got, err := c.Access(Place{Thread: 0, Index: 2}, false)
	require.NoError(t, err)
	assert.Equal(t, "STR W0,[X1]", c.At(got))
}

// In the place of a barrier between a store and a load it is that load that acquires.
func TestALoadBehindStoresAlone(t *testing.T) {
	c := columns(t, "AArch64 x\n{\n0:X1=x; 0:X3=y;\n1:X1=x; 1:X3=y;\n}\n P0           | P1          ;\n STLR W0,[X1] | STR W0,[X3] ;\n LDR W2,[X3]  | LDR W2,[X1] ;\nexists (0:X2=0)\n")
	got, err := c.Access(Place{Thread: 0, Index: 1}, true)
	require.NoError(t, err)
	assert.Equal(t, Place{Thread: 0, Index: 1}, got)
	_, err = c.Access(Place{Thread: 0, Index: 0}, true)
	assert.Error(t, err, "the place is before a store")
}

// Comments may hold what ends cells and rows, and cells any blanks.
func TestCommentsInCodeAreNoCode(t *testing.T) {
	want := columns(t, unordered).Threads
	for _, text := range []string{
		strings.Replace(unordered, " STR W0,[X3] |", "(* the slot; then | (* and *) its\n flag *)\n STR W0,[X3] (* a;b *) |", 1),
		strings.ReplaceAll(unordered, "\n", "\r\n"),
		strings.Replace(unordered, "STR W0,[X3]", "\tSTR\tW0,[X3]", 1),
		strings.Replace(unordered, "exists", "locations [head;slot;]\nexists", 1),
	} {
		assert.Equal(t, want, columns(t, text).Threads, text)
	}
	c := columns(t, strings.Replace(unordered, " STR W0,[X3] |", "(* MOV W9,#9 | LDR W2,[X3];\n*) STR W0,[X3] |", 1))
	text := c.WithBarrier(Place{Thread: 0, Index: 1}, "DMB ISHST").Text()
	assert.Contains(t, text, " MOV W0,#1   | LDAR W0,[X1] ;\n DMB ISHST   | LDR W2,[X3]  ;\n")
	assert.NotContains(t, text[strings.Index(text, "}\n"):], "(*")
	_, err := ReadColumns(strings.Replace(unordered, "exists", "(* exists", 1))
	assert.Error(t, err, "a comment has no end")
}
