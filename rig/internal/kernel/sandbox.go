// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"path/filepath"

	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/proc"
)

// sandbox is what commands may reach that are of the tree in src, which is built in out;
// nil: whatever the user may. They read the tree alone: other builds are made of it.
func (c Config) sandbox(src, out string) *proc.Sandbox {
	if !c.Sandbox {
		return nil
	}
	return &proc.Sandbox{Read: []string{src, filepath.Dir(out)}}
}

// checkSandbox says early whether a sandbox can be had that is asked for.
func (c Config) checkSandbox(ctx context.Context) error {
	if !c.Sandbox {
		return nil
	}
	return proc.CheckSandbox(ctx)
}

// checkTools wants what builds, in a sandbox too, where it has to be the same: the
// compiler that is asked for its name goes into the key.
func (c Config) checkTools(tool kbuild.Toolchain) error {
	if err := kbuild.CheckTools(); err != nil || !c.Sandbox {
		return err
	}
	for _, program := range kbuild.Programs(tool) {
		if err := proc.CheckShown(program); err != nil {
			return err
		}
	}
	return nil
}
