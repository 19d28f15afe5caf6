// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatCannotBeComparedIsAnError(t *testing.T) {
	v := Allowed{States: []State{"1:X0=0; 1:X2=0;"}}
	for _, counted := range []map[string]uint64{
		{}, {"1:X0=0;": 1}, {"1:X0=0; 1:X2=0; 1:X9=0;": 1}, {"nonsense": 1},
	} {
		_, err := Compare(Head{"MP", 2}, v, Counted{States: counted})
		assert.Error(t, err, counted)
	}
}

// Each policy's share is told, and a state that one of them saw counts.
func TestSharesOfPolicies(t *testing.T) {
	v := Allowed{States: []State{"0:X0=0;", "0:X0=1;"}, Observation: "Sometimes"}
	c, err := Compare(Head{"T", 1}, v,
		Counted{Policy: "turns", States: map[string]uint64{"0:X0=0;": 5}},
		Counted{Policy: "verdict", States: map[string]uint64{"0:X0=0;": 1, "0:X0=0x1;": 1, "0:X0=2;": 3}, Fulfilled: 1})
	require.NoError(t, err)
	assert.Equal(t, Unsound, c.Outcome)
	assert.Equal(t, uint64(10), c.Outcomes)
	assert.Equal(t, uint64(6), c.States["0:X0=0;"])
	assert.True(t, c.Target)
	assert.Equal(t, []Share{
		{Policy: "turns", Outcomes: 5, States: 1, Forbidden: []State{}},
		{Policy: "verdict", Outcomes: 5, States: 3, Forbidden: []State{"0:X0=2;"}, Target: true},
	}, c.Shares)
}

// Where herd7 has not followed a loop to its end, a state that it does not list
// may be allowed; where it lists none, and has, each is forbidden.
func TestLoopsAreNotFollowedForEver(t *testing.T) {
	log := "Test T Allowed\nStates 0\nLoop No\nObservation T Never 0 0\n"
	counted := Counted{States: map[string]uint64{"0:X0=1;": 1}}
	answers, err := ParseHerdLog(strings.NewReader(log))
	require.NoError(t, err)
	c, err := Compare(Head{"T", 1}, answers["T"], counted)
	require.ErrorContains(t, err, "may be allowed")
	assert.Empty(t, c.Forbidden)
	assert.Empty(t, c.Outcome)
	answers, err = ParseHerdLog(strings.NewReader(strings.Replace(log, "Loop No", "No", 1)))
	require.NoError(t, err)
	c, err = Compare(Head{"T", 1}, answers["T"], counted)
	require.NoError(t, err)
	assert.Equal(t, Unsound, c.Outcome)
}

// An address that is printed as a number says nothing of what it is of.
func TestAddressesAsNumbers(t *testing.T) {
	v := Allowed{States: []State{"0:X0=0; 0:X1=0;", "0:X0=x; 0:X1=0;"}, Observation: "Sometimes"}
	c, err := Compare(Head{"T", 1}, v, Counted{States: map[string]uint64{"0:X0=4509021504; 0:X1=0;": 1}})
	require.ErrorContains(t, err, "0:X0 holds an address")
	assert.Empty(t, c.Outcome)
	assert.Empty(t, c.Forbidden)
	c, err = Compare(Head{"T", 1}, v, Counted{States: map[string]uint64{"0:X0=x; 0:X1=7;": 1}})
	require.NoError(t, err)
	assert.Equal(t, Unsound, c.Outcome)
}

// What herd7 and a program call by different words is the same state.
func TestValuesThatAreNoNumbers(t *testing.T) {
	for herd, program := range map[string]string{
		"1:X2=x;":                       "1:X2=x;",
		"[x]=y; [z]=0;":                 "z=0; x=&y;",
		"t={1,2}; 0:X0=-1;":             "0:X0=0xffffffffffffffff; t={0x1, 2};",
		"t[0]=1; t[1]=2;":               "t[1]=2; t[0]=1;",
		"0:X0=label:\"P1:L0\";":         "0:X0=P1:L0;",
		"0:X3=1; ~Fault(P0, x);":        "0:X3=1;  ~Fault(P0,x);",
		"0:X1=2; 0:X10=3; 0:V1.4S={1};": "0:V1.4S={1}; 0:X10=3; 0:X1=2;",
	} {
		want, err := Canonical(herd)
		require.NoError(t, err)
		got, err := Canonical(program)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	got, err := Canonical("1:X10=2; 1:X1=3;")
	require.NoError(t, err)
	assert.Equal(t, State("1:X1=3; 1:X10=2;"), got)
	for _, bad := range []string{"nonsense", "x=", "=1"} {
		_, err := Canonical(bad)
		assert.Error(t, err, bad)
	}
}
