// SPDX-License-Identifier: Apache-2.0

package command

import "kcovrig/rig/trial"

// Failed is the result of a command that did not begin.
func Failed(cfg Config, name trial.Command, err error) (trial.Result, error) {
	return trial.Result{Command: name, Version: cfg.Version, Spec: cfg.Spec, Failure: trial.FailureOf(err)}, err
}
