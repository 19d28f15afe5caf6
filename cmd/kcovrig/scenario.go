// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/author"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/answers"
	"kcovrig/rig/report/format"
)

func newScenario(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenario",
		Short: "List the ordering bugs that come with kcovrig; what describes one",
		Long:  "scenario helps to describe an ordering bug in a file, scenario.yaml.\n\n" + exitHelp,
		Example: `  kcovrig scenario list
  kcovrig scenario schema > scenario.schema.json`,
		Args: cobra.NoArgs,
		RunE: noCommand,
	}
	cmd.AddCommand(newScenarioList(a), newScenarioSchema(a))
	return cmd
}

func newScenarioList(a *app) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the scenarios that come with kcovrig",
		Long:    "list prints, for each scenario that comes with kcovrig, its name for --scenario,\nthe architectures that it is for, and which bug it is.\n\n" + exitHelp,
		Example: "  kcovrig scenario list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := author.List()
			if err != nil {
				return err
			}
			return answers.Scenarios.Render(a.stdout, format.Of(json), all)
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	return cmd
}

func newScenarioSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON schema of scenario.yaml",
		Long:    "schema prints the JSON schema of scenario.yaml, with which an editor completes\nand checks the file.\n\n" + exitHelp,
		Example: "  kcovrig scenario schema > scenario.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := author.Schema()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return fault.Wrap(fault.Rig, "print the schema", err)
		},
	}
}
