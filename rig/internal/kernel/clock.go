// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"errors"
	"time"

	"kcovrig/rig/fault"
)

// make tells by the times of files what is to be made again. Where the clock was set
// back, what changes now is older than what was made of it before, and make would leave
// that as it is: a kernel with the patch would be the one without. So a folder is gone on
// from only where the clock is past all that was done in it.

var now = time.Now // of the wall; tests set it back

// latestSince is the latest time that the clock can have shown since then: it may have been
// set back, or forth, meanwhile.
func latestSince(began time.Time) time.Time {
	shown, unset := now().UTC().Round(0), began.UTC().Round(0).Add(time.Since(began))
	if unset.After(shown) {
		return unset
	}
	return shown
}

// isPast says whether the clock is past what was built then.
func isPast(built time.Time) bool { return built.Before(now()) }

// clockFault is the error of a build in a folder that was built in by then: nil, unless the
// clock is not past it any more.
func clockFault(op string, built time.Time) error {
	if isPast(built) {
		return nil
	}
	return &fault.Error{Kind: fault.Rig, Op: op,
		Err: errors.New("the machine's clock was set back meanwhile: make may have taken old objects for newer than their sources"), Try: "run it again"}
}
