// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/report"
	"kcovrig/rig/worker"
)

// natsOptions say which NATS server, and who asks.
type natsOptions struct {
	server natsserver.Access
}

func (o *natsOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.server.URL, "nats", "", "`URL` of the NATS server, nats://host:4222 or tls://host:4222, several with commas")
	f.StringVar(&o.server.Auth.Creds, "nats-creds", "", "`file` with the JWT and key for NATS")
	f.StringVar(&o.server.Auth.NKeySeed, "nats-nkey", "", "`file` with an nkey seed for NATS")
	f.StringVar(&o.server.Auth.User, "nats-user", "", "`name` for NATS; its password is in KCOVRIG_NATS_PASSWORD")
	f.StringVar(&o.server.Auth.CA, "nats-ca", "", "`file` with the certificates that sign the NATS server's")
	f.StringVar(&o.server.Auth.Cert, "nats-cert", "", "`file` with our certificate, where the NATS server asks for one")
	f.StringVar(&o.server.Auth.Key, "nats-key", "", "`file` with the key of --nats-cert")
}

// complete takes the password from the environment.
func (o *natsOptions) complete(a *app) {
	if o.server.Auth.User != "" {
		o.server.Auth.Password = a.getenv("KCOVRIG_NATS_PASSWORD")
	}
}

func newWorker(a *app) *cobra.Command {
	var o natsOptions
	var c worker.Config
	var shown options
	cmd := &cobra.Command{
		Use:   "worker --nats URL",
		Short: "Run cells of matrices and steps of bisects on this machine",
		Long: `worker takes the cells of kcovrig matrix --nats and the steps of kcovrig bisect
--nats that this machine can run, until it is interrupted; what is in progress
then goes to another worker. For cells it needs a QEMU and the plugin's C
compiler, but no kernel tree; for steps also git and what builds kernels. Their
history comes with them, and the emulator with both.

A scenario comes with its cells, and its program runs in the guests here.
--scenario names the only ones that this worker runs: one that comes with
kcovrig by its name, another by its folder, whose content decides.

` + exitsOfLists,
		Example: `  kcovrig worker --nats nats://10.0.0.1:4222
  kcovrig worker --nats tls://nats.example.org:4222 --nats-creds worker.creds --name lab-3 --slots 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !o.server.Named() {
				return wrongUsage(cmd, "--nats: name the NATS server that kcovrig matrix or bisect uses")
			}
			o.complete(a)
			c.Server, c.CacheDir, c.Version = o.server, a.cacheDir(), programVersion()
			if c.QEMU == "" {
				c.QEMU = a.getenv("KCOVRIG_QEMU")
			}
			c.Events = a.cells(cmd, &shown)
			ran, err := worker.Work(cmd.Context(), c)
			a.endView()
			if ran.Name != "" && !shown.quiet {
				fmt.Fprintf(a.stderr, "kcovrig: worker %s has ended: it ran %d cells and steps, %d of which failed\n", ran.Name, ran.Tasks, ran.Failed)
			}
			a.endAt(shown.quiet || ran.Name == "", ran.Dir, "", report.GoOn())
			if errors.Is(err, context.Canceled) && cmd.Context().Err() != nil {
				return nil // that is how a worker ends
			}
			return err
		},
	}
	o.add(cmd)
	f := cmd.Flags()
	f.StringVar(&c.Name, "name", "", "the worker's `name`, unique among them (default: the host's)")
	f.IntVar(&c.Slots, "slots", 0, "cells and steps at once (0: as many as this machine's cores and memory bear)")
	f.StringVar(&c.Dir, "dir", "", "`folder` for what cells need and what steps build, of this worker alone (default: below the cache)")
	f.StringArrayVar(&c.Scenarios, "scenario", nil, "run cells and steps of this `bug` alone, given once for each: a name, a folder with scenario.yaml, or such a file (default: any)")
	addSandbox(cmd, &c.Sandbox)
	f.StringVar(&c.QEMU, "qemu", "", "QEMU `program` where a cell names none, and for steps")
	addLoudness(cmd, &shown.verbose, &shown.quiet, "show the stages of each cell and step", "print nothing")
	return cmd
}
