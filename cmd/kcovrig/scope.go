// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"
)

// addScope adds the flags that say where the memory emulator works.
func (o *options) addScope(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.scopes, "scope", nil, "more code in which the memory emulator reorders: kernel:`SYMBOL`[,SYMBOL...] or guest:SYMBOL[,SYMBOL...]; may be repeated")
	f.BoolVar(&o.scopeOnly, "scope-only", false, "reorder in the code of --scope alone, not in the scenario's")
}
