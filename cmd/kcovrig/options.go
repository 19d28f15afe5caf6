// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/arch"
	"kcovrig/rig/author"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/format"
	"kcovrig/rig/trial"
)

// options are the flags that run, compare and build share.
type options struct {
	arch, tree, rev, mode         string
	scenario                      string
	patch                         []string
	compiler, cpu                 string
	readers                       []string
	duration                      time.Duration
	seed                          uint64
	memoryModel, accel, qemu, out string
	json, verbose, quiet          bool
	scopes                        []string
	scopeOnly                     bool
	jobs                          int
	db                            string
	noHistory                     bool
	sandbox                       bool
}

// allModes is the value of --mode that stands for all of the scenario's modes.
const allModes = "both"

// addKernel adds the flags that say which kernel is built and how.
func (o *options) addKernel(cmd *cobra.Command) {
	f := cmd.Flags()
	o.addScenario(cmd, "kcov")
	f.StringVar(&o.arch, "arch", arch.Default, "architecture: "+strings.Join(arch.Names(), ", "))
	f.StringVar(&o.tree, "tree", "", "kernel `source`: a folder (with or without git), a .tar (also .gz, .xz, .bz2 or .zst), or debian:VERSION (default: the newest installed linux-source, else debian:6.12, or where apt has no such the newest that it has)")
	f.StringVar(&o.rev, "rev", "", "git `revision` of --tree")
	f.StringArrayVar(&o.patch, "patch", nil, "`patch` to test, in order where given several times: a mail, diff, mbox or .gz, a folder (quilt series or *.patch), - for standard input, or a commit of --tree (default: the built-in series)")
	f.StringVar(&o.compiler, "compiler", arch.GCC, "what builds the kernels: gcc, or clang (with LLVM's tools, LLVM=1)")
	f.IntVar(&o.jobs, "jobs", 0, "parallel compiler jobs (0: one per CPU)")
	addSandbox(cmd, &o.sandbox)
	o.addOutput(cmd)
	complete(cmd, "arch", arch.Names()...)
	complete(cmd, "compiler", arch.Compilers()...)
}

// addSandbox adds the flag of commands that build kernels.
func addSandbox(cmd *cobra.Command, sandbox *bool) {
	cmd.Flags().BoolVar(sandbox, "sandbox", false, "keep what the kernel's Makefiles call from the network, your files and other processes, by bubblewrap")
}

// addScenario adds the flag that says which bug is looked for.
func (o *options) addScenario(cmd *cobra.Command, standard string) {
	cmd.Flags().Var((*scenarioRef)(&o.scenario), "scenario", "the ordering `bug`: a name, a folder with scenario.yaml, or such a file (default: "+standard+")")
}

// addOutput adds the flags that say what is printed, while it runs and at the end.
func (o *options) addOutput(cmd *cobra.Command) {
	addJSON(cmd, &o.json)
	addLoudness(cmd, &o.verbose, &o.quiet, "show the external commands, what begins, and each hit reported", "print the verdict alone, on one line")
}

func addJSON(cmd *cobra.Command, json *bool) {
	cmd.Flags().BoolVar(json, "json", false, "print one JSON object on standard output, and nothing else there")
}

// addLoudness adds -v and -q, with what they mean here.
func addLoudness(cmd *cobra.Command, verbose, quiet *bool, more, less string) {
	f := cmd.Flags()
	f.BoolVarP(verbose, "verbose", "v", false, more)
	f.BoolVarP(quiet, "quiet", "q", false, less+"; errors still go to standard error")
	cmd.MarkFlagsMutuallyExclusive("verbose", "quiet")
}

// addRun adds the flags that say how the kernel is run.
func (o *options) addRun(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&o.readers, "reader", nil, "how the guest reads: `readers` of the scenario's, comma-separated; the verdict is of the one that orders its own loads (default: that one)")
	f.StringVar(&o.mode, "mode", allModes, "workload `mode`: one of the scenario's, or both, which is all of them")
	addDuration(f, &o.duration, "duration", 0, "time to stress each kernel, such as 10s (default: until the verdict is certain, for 2m at the most)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the guest and the emulator (0: a new one, which is printed)")
	f.StringVar(&o.memoryModel, "memory-model", string(trial.ModelArm), "arm: emulate Arm's memory model; native: whatever the accelerator does")
	f.StringVar(&o.accel, "accel", string(trial.AccelAuto), "QEMU accelerator: auto, tcg or kvm")
	o.addCPU(cmd)
	f.StringVar(&o.qemu, "qemu", "", "QEMU `program` (default: the system's if new enough, else the one that scripts/setup unpacked)")
	f.StringVar(&o.out, "out", "", "run `folder` to write: result.json and the consoles; must not exist")
	o.addScope(cmd)
	o.addHistory(cmd)
	completeBy(cmd, "reader", func() []string { return author.Readers(o.scenario) })
	completeBy(cmd, "mode", func() []string { return append(author.Modes(o.scenario), allModes) })
	complete(cmd, "memory-model", string(trial.ModelArm), string(trial.ModelNative))
	complete(cmd, "accel", string(trial.AccelAuto), string(trial.AccelTCG), string(trial.AccelKVM))
}

// addHistory adds the flags of commands whose result is recorded.
func (o *options) addHistory(cmd *cobra.Command) {
	addDB(cmd, &o.db)
	cmd.Flags().BoolVar(&o.noHistory, "no-history", false, "do not record the result in the history")
	cmd.MarkFlagsMutuallyExclusive("db", "no-history")
}

// addCPU adds the flag that says which CPUs the guest has.
func (o *options) addCPU(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.cpu, "cpu", "", "QEMU's CPU `model`, under TCG (default: "+defaultCPUs()+")")
}

// defaultCPUs names each architecture's.
func defaultCPUs() string {
	var words []string
	for _, name := range arch.Names() {
		if a, err := arch.Lookup(name); err == nil {
			words = append(words, a.CPU+" for "+name)
		}
	}
	return strings.Join(words, ", ")
}

func complete(cmd *cobra.Command, flag string, values ...string) {
	completeBy(cmd, flag, func() []string { return values })
}

// completeBy is complete for values that other flags decide.
func completeBy(cmd *cobra.Command, flag string, values func() []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag's name is wrong: a bug here
	}
}

// check finds the mistakes that only the command line can make.
func (o *options) check(cmd *cobra.Command) error {
	if d := cmd.Flags().Lookup("duration"); d != nil && d.Changed && o.duration <= 0 {
		return fault.Newf(fault.User, "", "--duration: %v is not positive", o.duration)
	}
	return nil
}

func (o *options) spec() trial.Spec {
	s := trial.Spec{
		Scenario: o.scenario, Arch: o.arch, Tree: o.tree, Rev: o.rev, Patch: o.patch, Compiler: o.compiler, CPU: o.cpu,
		Duration: o.duration, Seed: o.seed, MemoryModel: trial.MemoryModel(o.memoryModel),
		Accel: trial.Accel(o.accel), Jobs: o.jobs, Sandbox: o.sandbox,
	}
	s.Scopes, s.ScopeOnly = o.scopes, o.scopeOnly
	for _, r := range o.readers {
		s.Readers = append(s.Readers, trial.Reader(r))
	}
	if o.mode != "" && o.mode != allModes {
		s.Modes = []string{o.mode}
	}
	return s
}

// shown is the form in which the command's result is printed.
func (o *options) shown() format.Format {
	if o.quiet && !o.json {
		return format.Line
	}
	return format.Of(o.json)
}

// addScope adds the flags that say where the memory emulator works.
func (o *options) addScope(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.scopes, "scope", nil, "more code in which the memory emulator reorders: kernel:`SYMBOL`[,SYMBOL...] or guest:SYMBOL[,SYMBOL...]; kernel: takes objects (net/core/sock.o), folders (net/core/) and all text (*), too; may be repeated")
	f.BoolVar(&o.scopeOnly, "scope-only", false, "reorder in the code of --scope alone, not in the scenario's")
}
