// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kcovrig/rig/history/web"
)

func newServe(a *app) *cobra.Command {
	var db, listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the history as local web pages",
		Long: `serve shows the history in a browser: what of the latest night is not as expected
and what changed since the night before, cells by nights, each cell's trend, and
each run's report. It listens on this machine alone unless told otherwise, writes
nothing but to upgrade a history of an earlier version, and ends with Ctrl-C.

` + exitsOfLists,
		Example: `  kcovrig serve
  kcovrig serve --listen=127.0.0.1:8080 --db=results/history.db`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return web.Serve(cmd.Context(), web.Config{
				History: a.historyFile(db), Listen: listen,
				Warn:  func(text string) { fmt.Fprintf(a.stderr, "kcovrig: %s\n", text) },
				Ready: func(url string) { fmt.Fprintf(a.stdout, "kcovrig: the history is at %s (Ctrl-C ends it)\n", url) },
			})
		},
	}
	addDB(cmd, &db)
	cmd.Flags().StringVar(&listen, "listen", web.DefaultListen, "`address` to listen on; whoever reaches it can read the history")
	return cmd
}
