// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/replay"
	"kcovrig/rig/trial"
)

func newReplay(a *app) *cobra.Command {
	var o options
	var cfg replay.Config
	cmd := &cobra.Command{
		Use:   "replay [RUN] [N]",
		Short: "Reach what a saved witness shows again, and say how often that works",
		Long: `replay takes a run folder, or its result.json (default: the latest run's), and
the number of one of its witnesses (default: the first that shows enough). It sets up the run's kernel,
machine, guest and seed again, boots that kernel once per try, and waits in each
for a hit of the same kind: the same kernel, reader and mode, the same store missed,
passed by the same store, by the same load; or, where a program of the scenario's
own ran, the same report at the same instruction. It prints how long each try took,
and the rate with its exact 95 % interval. A try that fails is neither a success
nor a miss.

The emulator is told to hold back that store alone. With --plain, and for a hit of
a scenario's own program, it draws what to hold back from the seed, as the run did.

The run folder (--out) keeps the last try that reached it, for report.

` + exitsOfReplay,
		Example: `  kcovrig replay results/arm64
  kcovrig replay results/arm64/result.json 3 --tries=5 --json`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if cfg.Run, cfg.Witness, err = a.witness(args); err != nil {
				return err
			}
			cfg.Config = a.config(cmd, &o)
			result, err := replay.Run(cmd.Context(), cfg)
			if r := result.Replay; r != nil && !r.Complete() && result.Judgement.Verdict != trial.DoesNotApply {
				a.code = exitInconclusive
			}
			return a.show(&o, result, err)
		},
	}
	f := cmd.Flags()
	f.IntVar(&cfg.Tries, "tries", replay.DefaultTries, "how often to boot and try")
	addDuration(f, &cfg.Limit, "limit", replay.DefaultLimit, "time of stress after which a try has missed it")
	f.BoolVar(&cfg.Plain, "plain", false, "let the seed alone choose what the emulator holds back")
	f.BoolVar(&cfg.Force, "force", false, "go on where the kernel, the machine or the guest is not the run's; the result says so")
	o.addScenario(cmd, "the run's; one that does not come with kcovrig has to be named")
	f.IntVar(&o.jobs, "jobs", 0, "parallel compiler jobs (0: one per CPU)")
	addSandbox(cmd, &o.sandbox)
	f.StringVar(&o.qemu, "qemu", "", "QEMU `program` (default: the run's)")
	f.StringVar(&o.out, "out", "", "run `folder` to write; must not exist")
	o.addOutput(cmd)
	return cmd
}
