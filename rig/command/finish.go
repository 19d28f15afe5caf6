// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"
	"strings"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// Finish completes the result, publishes the run's folder and records the run.
// err is what the command met, and comes back, joined with what finishing met; that
// the scenario does not apply is a verdict, and no error any more. A command that
// failed before anything was booted leaves no folder and no record: what was wrong is
// put right, and it is called again as it was.
func (r *Run) Finish(result trial.Result, err error) (trial.Result, error) {
	err = r.complete(&result, err)
	defer func() { NoteHousekeeping(r.Config.Events, r.Folder.tidy()) }()
	if r.failedStart(result, err) {
		return result, err
	}
	published := r.Folder.publish(&result, r.Config.Reports)
	if published == nil {
		result.Folder = r.Folder.Final
		r.record(result)
	}
	return result, errors.Join(err, published)
}

// failedStart says whether a command failed before anything was booted, other than by
// the kernel's own fault, and with no log to look at.
func (r *Run) failedStart(result trial.Result, err error) bool {
	booted := len(result.Observations) > 0 || result.Command == trial.CommandLitmus && len(result.Images) > 0 // which has no observations
	return err != nil && !booted && fault.KindOf(err) != fault.Kernel && !strings.HasPrefix(result.Failure.Log, r.Folder.Work)
}

// complete adds to the result what the run knows of it.
func (r *Run) complete(result *trial.Result, err error) error {
	result.Ended, result.Timings, result.Notes = r.ended(), r.Stages.Close(), r.notes.all()
	return result.FailureOrVerdict(err)
}

// ended is the time as results hold it, by what has passed since the start: the clock may
// have been set meanwhile.
func (r *Run) ended() time.Time {
	return r.begun.Started.Add(time.Since(r.began)).Truncate(time.Millisecond)
}

// Abandon ends a command without keeping its folder. err is what Finish takes.
func (r *Run) Abandon(result trial.Result, err error) (trial.Result, error) {
	err = r.complete(&result, err)
	NoteHousekeeping(r.Config.Events, r.Folder.discard())
	return result, err
}
