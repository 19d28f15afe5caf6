// SPDX-License-Identifier: Apache-2.0

package main

import "errors"

// scenarioType names the type of the flag that holds one.
const scenarioType = "scenario"

var errNoScenario = errors.New("is no name: leave the flag out for the default")

// scenarioRef is the value of --scenario. Without the flag a command has a scenario of its
// own, so that an empty name, of a shell's variable that is not set, would be judged as that.
type scenarioRef string

func (r *scenarioRef) Set(text string) error {
	if text == "" {
		return errNoScenario
	}
	*r = scenarioRef(text)
	return nil
}

func (r *scenarioRef) Type() string   { return scenarioType }
func (r *scenarioRef) String() string { return string(*r) }
