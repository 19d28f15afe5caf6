// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"

	"kcovrig/rig/trial"
)

// Finish completes the result, publishes the run's folder and records the run.
// err is what the command met, and comes back, joined with what finishing met; that
// the scenario does not apply is a verdict, and no error any more.
func (r *Run) Finish(result trial.Result, err error) (trial.Result, error) {
	err = r.complete(&result, err)
	defer func() { NoteHousekeeping(r.Config.Events, r.Folder.tidy()) }()
	published := r.Folder.publish(&result, r.Config.Reports)
	if published == nil {
		result.Folder = r.Folder.Final
		r.record(result)
	}
	return result, errors.Join(err, published)
}

// complete adds to the result what the run knows of it.
func (r *Run) complete(result *trial.Result, err error) error {
	result.Ended, result.Timings, result.Notes = now(), r.Stages.Close(), r.notes.all()
	return result.FailureOrVerdict(err)
}

// Abandon ends a command that leaves no folder. err is as of Finish.
func (r *Run) Abandon(result trial.Result, err error) (trial.Result, error) {
	err = r.complete(&result, err)
	NoteHousekeeping(r.Config.Events, r.Folder.discard())
	return result, err
}
