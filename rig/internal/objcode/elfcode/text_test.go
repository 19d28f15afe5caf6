// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/objcodetest"
)

// What a hypervisor executes at other addresses is no text of the kernel's.
func TestTextWithoutWhatIsExecutedElsewhere(t *testing.T) {
	objcodetest.NeedCompiler(t, objcodetest.Compiler)
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "k.S"), filepath.Join(dir, "k")
	text := ".globl _start\n.text\n_start: nop\nnop\n.globl __hyp_text_start\n__hyp_text_start: nop\n.globl __hyp_text_end\n__hyp_text_end: nop\n"
	require.NoError(t, os.WriteFile(source, []byte(text), 0o644))
	objcodetest.Run(t, dir, objcodetest.Compiler, "-nostdlib", "-static", "-o", binary, source)
	im, err := Open(binary, fault.Rig)
	require.NoError(t, err)
	defer im.Close()
	start := im.ByName["_start"][0].Value
	assert.Equal(t, []coderange.Range{
		{Symbol: ".text", Start: start, End: start + 8, Role: coderange.Body},
		{Symbol: ".text", Start: start + 12, End: start + 16, Role: coderange.Body},
	}, im.Text())
}
