// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPointersAreDeclared(t *testing.T) {
	const rest = "\n P0 ;\n NOP ;\n"
	for _, c := range [][3]string{
		{"{ uint64_t 0:X1; uint64_t 0:X2; }", "exists (0:X1=x)", "{ uint64_t* 0:X1; uint64_t 0:X2; }"},
		{"{ long 0: X1; int64_t 1:X1 }", "forall (1: X1 = &x \\/ 0:X1<>y)", "{ long* 0: X1; int64_t* 1:X1 }"},
		{"{ uint64_t 0:X1; }", "exists (0:X1=1)", "{ uint64_t 0:X1; }"},
		{"{ uint64_t 0:X1; }", "exists (0:X1=P0:L0)", "{ uint64_t 0:X1; }"},
		{"{ uint64_t *0:X1; uint32_t 0:X2; 0:X1=x; }", "exists (0:X1=x)", "{ uint64_t *0:X1; uint32_t 0:X2; 0:X1=x; }"},
		{"{ uint64_t 0:X1=y; }", "", "{ uint64_t 0:X1=y; }"},
	} {
		assert.Equal(t, c[2]+rest+c[1], WithPointers(c[0]+rest+c[1]))
	}
}
