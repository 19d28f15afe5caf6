// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"kcovrig/rig/arch"
	"kcovrig/rig/author"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/tables"
	"kcovrig/rig/trial"
)

func newScenario(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenario",
		Short: "Write and check the file of an ordering bug; list those that come with kcovrig",
		Long:  "scenario helps to describe an ordering bug in a file, scenario.yaml.\n\n" + exitsOfLists,
		Example: `  kcovrig scenario new --patch fix.patch --tree ~/linux my-bug
  kcovrig scenario check --tree ~/linux my-bug
  kcovrig scenario list
  kcovrig scenario schema > scenario.schema.json`,
		Args: onlyCommands,
		RunE: noCommand,
	}
	cmd.AddCommand(newScenarioNew(a), newScenarioCheck(a), newScenarioHeader(a), newScenarioList(a), newScenarioSchema(a))
	return cmd
}

func newScenarioNew(a *app) *cobra.Command {
	var o options
	var request author.Request
	cmd := &cobra.Command{
		Use:   "new --patch FILE [DIR]",
		Short: "Write a scenario's folder from a patch",
		Long: `new writes the folder of a scenario from the patch that fixes its bug: which
files, what switches them on, whether the tree has the fix, and which of the
kernel's reports the patch's message quotes. What it cannot find it marks in the
files with TODO(you). Without --repro it writes a program to fill in.

` + exitsOfLists,
		Example: `  kcovrig scenario new --patch fix.patch --tree ~/linux my-bug
  kcovrig scenario new --patch fix.patch --tree debian:6.12 --repro repro.c --config my.config`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				request.Dir = args[0]
			}
			request.CacheDir, request.Events = a.cacheDir(), a.progress(cmd, &o)
			written, err := author.New(cmd.Context(), request)
			a.endView()
			if err != nil {
				return err
			}
			return tables.Written.Render(a.stdout, o.shown(), tables.ShownScenario{Written: written, Width: a.widthFor("")})
		},
	}
	f := cmd.Flags()
	f.StringVar(&request.Patch, "patch", "", "the `patch` that fixes the bug: a mail or a diff")
	f.StringVar(&request.Repro, "repro", "", "the `program` that shows it: a C file, or a static binary")
	f.StringVar(&request.Config, "config", "", "a configuration `fragment`, instead of the symbols that are found")
	f.StringVar(&request.Tree, "tree", "", "kernel `source` to look into, as for compare")
	f.StringVar(&request.Rev, "rev", "", "git `revision` of --tree")
	f.StringVar(&request.Name, "name", "", "the scenario's `name` (default: DIR's, or made of the patch's subject)")
	addJSON(cmd, &o.json)
	return cmd
}

func newScenarioCheck(a *app) *cobra.Command {
	o := options{mode: allModes, memoryModel: string(trial.ModelArm), accel: string(trial.AccelTCG), noHistory: true}
	var request author.CheckRequest
	cmd := &cobra.Command{
		Use:   "check DIR|NAME|FILE",
		Short: "Say all that is wrong with a scenario",
		Long: `check says all that is wrong with a scenario, with line and column, and what is
left to do in it: the file, the patches, whether they fit the tree, the program,
the configuration. Where nothing is wrong so far it builds both kernels, and says
in which functions the memory emulator will reorder, what stops it there, and which
names of functions the kernels do not have. Then it boots the unpatched kernel and
lets the program try for some seconds: what the kernel lacks shows there.

` + exitsOfCheck,
		Example: `  kcovrig scenario check --tree ~/linux my-bug
  kcovrig scenario check --no-build --json my-bug
  kcovrig scenario check --no-boot -v my-bug`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.scenario = args[0]
			request.Config, request.All = a.config(cmd, &o), o.verbose
			checked, err := author.Check(cmd.Context(), request)
			a.endView()
			if err != nil && checked.Name == "" && len(checked.Remarks) == 0 {
				return err // nothing was read
			}
			if werr := tables.Checked.Render(a.stdout, o.shown(), tables.ShownCheck{Checked: checked, Width: a.widthFor("")}); err != nil || werr != nil {
				return cmp.Or(err, werr)
			}
			switch {
			case checked.NotFor:
				a.code = exitNotFor
			case !checked.OK:
				a.code = exitUsage
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.tree, "tree", "", "kernel `source`, as for compare")
	f.StringVar(&o.rev, "rev", "", "git `revision` of --tree")
	f.StringVar(&o.arch, "arch", "", "architecture: "+strings.Join(arch.Names(), ", ")+" (default: the scenario's first)")
	f.StringVar(&o.compiler, "compiler", arch.GCC, "what builds the kernels: gcc, or clang (with LLVM's tools, LLVM=1)")
	f.IntVar(&o.jobs, "jobs", 0, "parallel compiler jobs (0: one per CPU)")
	addSandbox(cmd, &o.sandbox)
	f.BoolVar(&request.NoBuild, "no-build", false, "build no kernel")
	f.BoolVar(&request.NoBoot, "no-boot", false, "boot no kernel")
	f.StringVar(&o.qemu, "qemu", "", "QEMU `program` to boot it with (default: as for compare)")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "list all that stops the emulator, and show the external commands")
	addJSON(cmd, &o.json)
	complete(cmd, "arch", arch.Names()...)
	complete(cmd, "compiler", arch.Compilers()...)
	return cmd
}

func newScenarioList(a *app) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the scenarios that come with kcovrig",
		Long:    "list prints, for each scenario that comes with kcovrig, its name for --scenario,\nthe architectures that it is for, and which bug it is.\n\n" + exitsOfLists,
		Example: "  kcovrig scenario list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := author.List()
			if err != nil {
				return err
			}
			return tables.Scenarios.Render(a.stdout, format.Of(json), tables.ScenarioList{Scenarios: all, Width: a.widthFor("")})
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	return cmd
}

func newScenarioSchema(a *app) *cobra.Command {
	return a.printed(&cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON schema of scenario.yaml",
		Long:    "schema prints the JSON schema of scenario.yaml, with which an editor completes\nand checks the file.\n\n" + exitsOfLists,
		Example: "  kcovrig scenario schema > scenario.schema.json",
	}, author.Schema)
}

func newScenarioHeader(a *app) *cobra.Command {
	return a.printed(&cobra.Command{
		Use:   "header",
		Short: "Print the header that programs of scenarios may include",
		Long: `header prints kcovrig.h, which says what it offers to a scenario's program. No
scenario needs a copy: one is found wherever a program includes it.

` + exitsOfLists,
		Example: "  kcovrig scenario header | less",
	}, func() ([]byte, error) { return author.Header(), nil })
}

// printed makes cmd print a text that comes with kcovrig.
func (a *app) printed(cmd *cobra.Command, text func() ([]byte, error)) *cobra.Command {
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(*cobra.Command, []string) error {
		raw, err := text()
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(raw)
		return fault.Wrap(fault.Rig, "print the "+cmd.Name(), err)
	}
	return cmd
}
