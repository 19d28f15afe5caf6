// SPDX-License-Identifier: Apache-2.0

package litmustest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/litmus"
)

const diy = "../testdata/diy"

func parseFile(t *testing.T, name string) *Test {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(diy, name))
	require.NoError(t, err)
	test, err := Parse(string(text))
	require.NoError(t, err, name)
	return test
}

func TestParse(t *testing.T) {
	test := parseFile(t, "LB+addr+ctrl.litmus")
	assert.Equal(t, "LB+addr+ctrl", test.Name)
	assert.Equal(t, []litmus.Variable{{Name: "x", Bytes: 8}, {Name: "y", Bytes: 8}}, test.Memory)
	assert.Equal(t, []litmus.Thread{
		{Code: []string{"LDR X1,[X0]", "EOR X2,X1,X1", "MOV X3,#1", "STR X3,[X4,X2]"}, Regs: map[string]litmus.Value{"X0": {Address: "x"}, "X4": {Address: "y"}}},
		{Code: []string{"LDR X1,[X0]", "CBNZ X1,LC00", "LC00:", "MOV X2,#1", "STR X2,[X3]"}, Regs: map[string]litmus.Value{"X0": {Address: "y"}, "X3": {Address: "x"}}},
	}, test.Threads)
	assert.Equal(t, []string{"0:X1", "1:X1"}, test.Observed())
	assert.Equal(t, `exists (0:X1=1 /\ 1:X1=1)`, test.Condition.Text)
}

func TestParseWhatPeopleWrite(t *testing.T) {
	_, err := Parse("AArch64 Own test\n\"a comment\"\n{ int16_t x=3; [y]=0x10; int *p = &x; 0:X1=x; 0:X2=-1; 1:X9=y }\n" +
		" P0 | P1 ;\n L0: LDR W0,[X1] | NOP ;\n CBZ W0,L0 | ;\nlocations [x; 0:X0;]\nforall (not ([y]=16) \\/ 0:X0=3 /\\ true)\n")
	require.Error(t, err, "a pointer's type is not known")
	test, err := Parse("AArch64 Own test\n\"a comment\"\n{ int16_t x=3; [y]=0x10; 0:X1=x; 0:X2=-1; 1:X9=y }\n" +
		" P0 | P1 ;\n L0: LDR W0,[X1] | NOP ;\n CBZ W0,L0 | ;\nlocations [x; 0:X0;]\nforall (not ([y]=16) \\/ 0:X0=3 /\\ true)\n")
	require.NoError(t, err)
	assert.Equal(t, "Own test", test.Name)
	assert.Equal(t, []litmus.Variable{{Name: "x", Bytes: 2, Value: litmus.Value{Number: 3}}, {Name: "y", Bytes: 4, Value: litmus.Value{Number: 16}}}, test.Memory)
	assert.Equal(t, []string{"L0:", "LDR W0,[X1]", "CBZ W0,L0"}, test.Threads[0].Code)
	assert.Equal(t, ^uint64(0), test.Threads[0].Regs["X2"].Number)
	assert.Equal(t, []string{"0:X0", "[x]", "[y]"}, test.Observed())
	for state, want := range map[litmus.State]bool{
		"0:X0=3; [x]=0; [y]=16;": true, "0:X0=2; [x]=0; [y]=16;": false, "0:X0=2; [x]=0; [y]=0;": true,
	} {
		got, err := test.Holds(state)
		require.NoError(t, err)
		assert.Equal(t, want, got, state)
	}
	_, err = test.Holds("0:X0=3;")
	assert.ErrorContains(t, err, "[y]")
}

// diy7 has pairs of registers loaded from and stored to arrays of two.
func TestParseArrays(t *testing.T) {
	test, err := Parse("AArch64 T\n{ int y[2]; 0:X1=y; }\n P0 ;\n LDP W0,W2,[X1] ;\nexists (0:X0=1)\n")
	require.NoError(t, err)
	assert.Equal(t, []litmus.Variable{{Name: "y", Bytes: 8}}, test.Memory)
}

func TestParseRefuses(t *testing.T) {
	const good = "AArch64 T\n{ 0:X1=x; }\n P0 ;\n NOP ;\nexists (0:X0=1)\n"
	_, err := Parse(good)
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"another architecture": {"AArch64", "PPC"}, "no name": {"AArch64 T", "AArch64"}, "no init": {"{", ""},
		"a type": {"0:X1=x;", "float x;"}, "no such thread": {"0:X1", "1:X1"}, "no condition": {"exists (0:X0=1)", ""},
		"a column too many": {" NOP ;", " NOP | NOP ;"}, "a head": {"P0", "Q0"}, "half a condition": {"=1)", "=1"},
		"a thread of the condition": {"(0:X0", "(4:X0"}, "words after it": {"=1)", "=1) x"}, "no number": {"X0=1", "X0=z"},
		"a label that ends nowhere": {"exists", "locations [x\nexists"},
		"a long array":              {"0:X1=x;", "int x[3];"}, "an array with values": {"0:X1=x;", "int x[2]={1,2};"}, "no length": {"0:X1=x;", "int x[];"},
		"a length and more": {"0:X1=x;", "int x[2]y;"}, "an element": {"0:X0=1", "x[0]=1"},
	} {
		_, err := Parse(strings.Replace(good, change[0], change[1], 1))
		assert.Error(t, err, name)
	}
}

func TestStatesAreCanonical(t *testing.T) {
	values, err := Values("x=0x2; 1:X1=-1; 0:X3=0;")
	require.NoError(t, err)
	assert.Equal(t, litmus.State("0:X3=0; 1:X1=18446744073709551615; [x]=2;"), NewState(values))
	again, err := Values(NewState(values))
	require.NoError(t, err)
	assert.Equal(t, values, again)
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(diy, "*.litmus"))
	require.NoError(f, err)
	for _, file := range files[:min(20, len(files))] {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if test, err := Parse(text); err == nil && !slices.IsSorted(test.Observed()) {
			t.Error("unsorted terms")
		}
	})
}

// A condition is parsed and looked at by recursion, and Go ends a program whose stack is full.
func TestAConditionIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"deep":    "exists " + strings.Repeat("(", 1<<20) + "x=1" + strings.Repeat(")", 1<<20),
		"negated": "exists " + strings.Repeat("~", 1<<20) + "x=1",
		"long":    "exists x=1" + strings.Repeat(` /\ x=1`, 1<<20),
	} {
		err := new(Test).parseCondition(text)
		require.ErrorContains(t, err, "more than 10000", name)
		assert.Less(t, len(err.Error()), 500, name)
	}
}

func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{`exists (0:X1=1 /\ ~(x=0x2 \/ not [y]=-1))`, "~exists true", "forall (1:R0=x)", "exists (((", "exists 0:X1\f=1", "exists 0:X1=1\u00a0/\\ x=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var once, again Test
		if once.parseCondition(text) != nil {
			return
		}
		require.NoError(t, again.parseCondition(once.Condition.Text))
		require.Equal(t, once, again)
	})
}
