// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChangedMacrosAndTheirUses(t *testing.T) {
	texts := map[string][]string{
		"ring.h": strings.Split("#define first(r) (r)->a\n#define put(r) do { \\\n\t(r)->a++; \\\n\t(r)->b++; \\\n} while (0)\n"+
			"# define put_all(r) \\\n\tput(r + \\\n\t 1)\n#define input(r) first(r)\n#define put_twice(r) put_all(r)\nint f(void);\n", "\n"),
		"ring.c": strings.Split("#define mine(r) put_twice(r)\nvoid g(void)\n{\n\tinput(r);\n\tx = put(r);\n\tput_more(r);\n\tmine(r);\n}\n", "\n"),
	}
	for name, c := range map[string]struct {
		change Change
		want   []string
	}{
		"changed lines":           {Change{Path: "ring.h", Lines: []int{3}}, []string{"mine", "put", "put_all", "put_twice"}},
		"lines that were taken":   {Change{Path: "ring.h", Before: []int{3, 2}, After: []int{4, 5}}, []string{"mine", "put", "put_all", "put_twice"}},
		"a line between two":      {Change{Path: "ring.h", Before: []int{5, 4}, After: []int{6}}, nil},
		"a macro of one line":     {Change{Path: "ring.h", Lines: []int{9}}, []string{"input"}},
		"no macro":                {Change{Path: "ring.h", Lines: []int{11}}, nil},
		"the lines of another":    {Change{Path: "ring.c", Lines: []int{3}}, nil},
		"a macro of the C file's": {Change{Path: "ring.c", Lines: []int{1}}, []string{"mine"}},
	} {
		require.Equal(t, c.want, Macros(texts, []Change{c.change}), name)
	}
	require.Equal(t, []Change{
		{Path: "ring.c", Lines: []int{5}, Macro: "put"}, {Path: "ring.c", Lines: []int{7}, Macro: "mine"},
	}, Uses("ring.c", texts["ring.c"], []string{"mine", "put", "put_all", "put_twice"}), "not on the line that defines one")
	require.Empty(t, Uses("ring.c", texts["ring.c"], nil))
}
