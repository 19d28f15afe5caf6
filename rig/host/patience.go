// SPDX-License-Identifier: Apache-2.0

package host

import "time"

// lookTime is how often one who waits looks at what it has spent.
const lookTime = time.Second

// Patience is how long to wait for another, in the time in which this process itself runs. One
// that was stopped, by SIGSTOP or with the machine that it is on, heard nothing, and the other
// may have been stopped with it: of such a time only what a busy machine may take counts.
type Patience struct {
	// Looks tells when to look at Over while nothing comes.
	Looks  <-chan time.Time
	limit  time.Duration
	look   time.Duration
	spent  time.Duration
	last   time.Time
	ticker *time.Ticker
}

// NewPatience begins a wait of which a part was spent before. To be closed.
func NewPatience(limit, spent time.Duration) *Patience {
	p := &Patience{limit: limit, spent: spent, last: time.Now()}
	p.look = min(lookTime, max(limit/8, time.Millisecond))
	p.ticker = time.NewTicker(p.look)
	p.Looks = p.ticker.C
	return p
}

// Over says whether it has been long enough.
func (p *Patience) Over() bool { return p.Spent() >= p.limit }

// Spent is how long it has been since something was heard.
func (p *Patience) Spent() time.Duration {
	now := time.Now()
	p.spent, p.last = p.spent+min(now.Sub(p.last), 2*p.look), now
	return p.spent
}

// Heard begins the wait anew.
func (p *Patience) Heard() { p.spent, p.last = 0, time.Now() }

// Close ends the looks.
func (p *Patience) Close() { p.ticker.Stop() }
