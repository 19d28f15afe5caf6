// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"
)

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "kcovrig",
		Short: "Say whether a patch fixes an ordering bug in a Linux kernel",
		Long: `kcovrig builds a Linux kernel with and without a patch, boots both under QEMU
with a weak-memory emulator, and says whether the patch fixes the bug: by what a
program in the guest sees that only a missing barrier lets through.

Environment:
  KCOVRIG_CACHE  cache folder (default: $XDG_CACHE_HOME/kcovrig, ~/.cache/kcovrig)
  KCOVRIG_QEMU   QEMU program to use, as --qemu
  XDG_DATA_HOME  the history is kept below it (default: ~/.local/share)
  KCOVRIG_NATS_PASSWORD  password of --nats-user
  NO_COLOR       no colours on the terminal, where it is set
  TERM, CI       plain lines instead of a drawn view, where TERM is dumb or CI is set

` + exitHelp,
		Example: `  kcovrig compare --arch=arm64
  kcovrig run --arch=arm64 --unpatched --tree ~/linux --rev v6.12
  kcovrig doctor`,
		Version:       programVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          onlyCommands,
		RunE:          noCommand,
	}
	root.SetVersionTemplate("kcovrig {{.Version}}\n")
	root.Flags().Bool("version", false, "the version of kcovrig") // cobra's own would have -v, which is --verbose elsewhere
	root.AddCommand(newCompare(a), newRun(a), newBarriers(a), newBisect(a), newBuild(a), newSoak(a), newLitmus(a), newMatrix(a), newWorker(a), newCache(a), newDoctor(a))
	root.AddCommand(newReport(a), newExplain(a), newReplay(a), newHistory(a), newServe(a), newScenario(a), newVersion(a), newMan())
	addHelp(root)
	root.SetFlagErrorFunc(wrongFlag)
	return root
}
