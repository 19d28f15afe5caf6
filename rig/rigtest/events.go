// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"sync"

	"kcovrig/rig/trial"
)

// OneAtATime is sink for a test that remembers what it is told: events come
// from several goroutines at once.
func OneAtATime(sink trial.Sink) trial.Sink {
	var mu sync.Mutex
	return func(e trial.Event) {
		mu.Lock()
		defer mu.Unlock()
		sink(e)
	}
}
