// SPDX-License-Identifier: Apache-2.0

package kernel

import "path/filepath"

// MemoryModel is the folder of the kernel's memory model in the private copy. It
// must not be written, and stays until the Tree is closed.
func (t *Tree) MemoryModel() string { return filepath.Join(t.src, "tools", "memory-model") }
