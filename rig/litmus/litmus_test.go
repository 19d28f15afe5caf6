// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const diy = "testdata/diy"

func parseFile(t *testing.T, name string) *Test {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(diy, name))
	require.NoError(t, err)
	test, err := Parse(string(text))
	require.NoError(t, err, name)
	return test
}

func herdAnswers(t *testing.T) map[string]Allowed {
	t.Helper()
	f, err := os.Open(filepath.Join(diy, "herd.log"))
	require.NoError(t, err)
	defer f.Close()
	answers, err := ParseHerdLog(f)
	require.NoError(t, err)
	return answers
}

// Every test of the set parses, herd7 has a verdict on each, and evaluating the
// condition on herd7's states gives herd7's own answer.
func TestWholeSet(t *testing.T) {
	list, err := os.ReadFile(filepath.Join(diy, "@all"))
	require.NoError(t, err)
	names := strings.Fields(string(list))
	answers := herdAnswers(t)
	assert.Len(t, names, 213)
	assert.Len(t, answers, 213)
	for _, name := range names {
		test := parseFile(t, name)
		v, ok := answers[test.Name]
		require.True(t, ok, test.Name)
		assert.Equal(t, test.Name+".litmus", name)
		holding := 0
		for _, state := range v.States {
			values, err := state.Values()
			require.NoError(t, err)
			for _, term := range test.Observed() {
				assert.Contains(t, values, term, test.Name)
			}
			assert.Len(t, values, len(test.Observed()), test.Name)
			ok, err := test.Condition.Holds(state)
			require.NoError(t, err)
			if ok {
				holding++
			}
		}
		want := map[string]bool{"Never": holding == 0, "Always": holding == len(v.States),
			"Sometimes": holding > 0 && holding < len(v.States)}
		assert.True(t, want[v.Observation], "%s: %s, but the condition holds in %d of %d states", name, v.Observation, holding, len(v.States))
		assert.Len(t, v.Hash, 32, name)
	}
}

func TestParse(t *testing.T) {
	test := parseFile(t, "LB+addr+ctrl.litmus")
	assert.Equal(t, "LB+addr+ctrl", test.Name)
	assert.Equal(t, []Variable{{Name: "x", Bytes: 8}, {Name: "y", Bytes: 8}}, test.Memory)
	assert.Equal(t, []Thread{
		{Code: []string{"LDR X1,[X0]", "EOR X2,X1,X1", "MOV X3,#1", "STR X3,[X4,X2]"}, Regs: map[string]Value{"X0": {Address: "x"}, "X4": {Address: "y"}}},
		{Code: []string{"LDR X1,[X0]", "CBNZ X1,LC00", "LC00:", "MOV X2,#1", "STR X2,[X3]"}, Regs: map[string]Value{"X0": {Address: "y"}, "X3": {Address: "x"}}},
	}, test.Threads)
	assert.Equal(t, []string{"0:X1", "1:X1"}, test.Observed())
	assert.Equal(t, Exists, test.Condition.Quantifier)
	assert.Equal(t, `(0:X1=1 /\ 1:X1=1)`, test.Condition.Text)
}

func TestParseWhatPeopleWrite(t *testing.T) {
	_, err := Parse("AArch64 Own test\n\"a comment\"\n{ int16_t x=3; [y]=0x10; int *p = &x; 0:X1=x; 0:X2=-1; 1:X9=y }\n" +
		" P0 | P1 ;\n L0: LDR W0,[X1] | NOP ;\n CBZ W0,L0 | ;\nlocations [x; 0:X0;]\nforall (not ([y]=16) \\/ 0:X0=3 /\\ true)\n")
	require.Error(t, err, "a pointer's type is not known")
	test, err := Parse("AArch64 Own test\n\"a comment\"\n{ int16_t x=3; [y]=0x10; 0:X1=x; 0:X2=-1; 1:X9=y }\n" +
		" P0 | P1 ;\n L0: LDR W0,[X1] | NOP ;\n CBZ W0,L0 | ;\nlocations [x; 0:X0;]\nforall (not ([y]=16) \\/ 0:X0=3 /\\ true)\n")
	require.NoError(t, err)
	assert.Equal(t, "Own test", test.Name)
	assert.Equal(t, []Variable{{"x", 2, Value{Number: 3}}, {"y", 4, Value{Number: 16}}}, test.Memory)
	assert.Equal(t, []string{"L0:", "LDR W0,[X1]", "CBZ W0,L0"}, test.Threads[0].Code)
	assert.Equal(t, ^uint64(0), test.Threads[0].Regs["X2"].Number)
	assert.Equal(t, []string{"0:X0", "[x]", "[y]"}, test.Observed())
	for state, want := range map[State]bool{
		"0:X0=3; [x]=0; [y]=16;": true, "0:X0=2; [x]=0; [y]=16;": false, "0:X0=2; [x]=0; [y]=0;": true,
	} {
		got, err := test.Condition.Holds(state)
		require.NoError(t, err)
		assert.Equal(t, want, got, state)
	}
	_, err = test.Condition.Holds("0:X0=3;")
	assert.ErrorContains(t, err, "[y]")
}

// diy7 has pairs of registers loaded from and stored to arrays of two.
func TestParseArrays(t *testing.T) {
	test, err := Parse("AArch64 T\n{ int y[2]; 0:X1=y; }\n P0 ;\n LDP W0,W2,[X1] ;\nexists (0:X0=1)\n")
	require.NoError(t, err)
	assert.Equal(t, []Variable{{"y", 8, Value{}}}, test.Memory)
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

func TestHerdLogRefuses(t *testing.T) {
	const good = "Test T Allowed\nStates 1\n0:X0=1;\nOk\nObservation T Always 1 0\nHash=x\n"
	v, err := ParseHerdLog(strings.NewReader(good))
	require.NoError(t, err)
	assert.Equal(t, Allowed{Name: "T", States: []State{"0:X0=1;"}, Observation: "Always", Positive: 1, Hash: "x"}, v["T"])
	for name, text := range map[string]string{
		"a cut list": "Test T Allowed\nStates 2\n0:X0=1;\n", "no observation": "Test T Allowed\nStates 1\n0:X0=1;\n",
		"twice": good + good, "another's observation": strings.Replace(good, "Observation T", "Observation U", 1),
		"no states": "Test T Allowed\nObservation T Never 0 0\n", "no state": strings.Replace(good, "0:X0=1", "0:X0", 1),
		"two in one": "Test T Allowed\n" + good,
	} {
		_, err := ParseHerdLog(strings.NewReader(text))
		assert.Error(t, err, name)
	}
}

func TestStatesAreCanonical(t *testing.T) {
	values, err := State("x=0x2; 1:X1=-1; 0:X3=0;").Values()
	require.NoError(t, err)
	assert.Equal(t, State("0:X3=0; 1:X1=18446744073709551615; [x]=2;"), NewState(values))
	again, err := NewState(values).Values()
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
