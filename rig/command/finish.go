// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"

	"kcovrig/rig/trial"
)

// Finish completes the result, publishes the run's folder and records the run.
// err is what the command met, and comes back, joined with what finishing met; that
// the scenario does not apply is a verdict, and no error any more.
func (r *Run) Finish(err error) (trial.Result, error) {
	r.Result.Timings = r.Stages.Close()
	err = r.Result.FailureOrVerdict(err)
	defer func() { NoteHousekeeping(r.Config.Events, r.Folder.tidy()) }()
	published := r.Folder.publish(&r.Result, r.Config.Reports)
	if published == nil {
		r.record()
	}
	return r.Result, errors.Join(err, published)
}

// Abandon ends a command that leaves no folder. err is as of Finish.
func (r *Run) Abandon(err error) (trial.Result, error) {
	r.Result.Timings = r.Stages.Close()
	err = r.Result.FailureOrVerdict(err)
	NoteHousekeeping(r.Config.Events, r.Folder.discard())
	return r.Result, err
}
