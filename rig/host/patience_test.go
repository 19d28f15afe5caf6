// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// What passes while this process is stopped is no part of the wait but for a little of it.
func TestPatienceIsOfTheTimeInWhichThisProcessRuns(t *testing.T) {
	p := NewPatience(15*time.Second, nil)
	defer p.Close()
	p.last = p.last.Add(-time.Hour) // nobody looked for an hour
	assert.InDelta(t, 2, p.Spent().Seconds(), 0.5)
	assert.False(t, p.Over())
	for range 7 {
		p.last = p.last.Add(-time.Hour)
		_ = p.Spent()
	}
	assert.True(t, p.Over(), "a machine that is ever so slow waits no longer than that often")
	p.Heard()
	assert.False(t, p.Over())

	left := NewPatience(10*time.Millisecond, nil)
	defer left.Close()
	for !left.Over() {
		<-left.Looks
	}
}
