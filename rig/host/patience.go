// SPDX-License-Identifier: Apache-2.0

package host

import "time"

// lookTime is how often one who waits looks at what it has spent.
const lookTime = time.Second

// Usable says how much of a time that has just passed another could use.
type Usable func(passed time.Duration) time.Duration

// Patience is how long to wait for another, in the time in which this process itself runs. One
// that was stopped, by SIGSTOP or with the machine that it is on, heard nothing, and the other
// may have been stopped with it: of such a time only what a busy machine may take counts.
type Patience struct {
	// Looks tells when to look at Over while nothing comes.
	Looks  <-chan time.Time
	limit  time.Duration
	look   time.Duration
	usable Usable
	spent  time.Duration // ... that the other could use
	waited time.Duration // ... whether it could or not
	last   time.Time     // zero while it rests
	ticker *time.Ticker
}

// NewPatience begins a wait for one that can use all of the time where usable is nil. To be
// closed.
func NewPatience(limit time.Duration, usable Usable) *Patience {
	p := &Patience{limit: limit, usable: usable, last: time.Now()}
	p.look = min(lookTime, max(limit/8, time.Millisecond))
	p.ticker = time.NewTicker(p.look)
	p.Looks = p.ticker.C
	return p
}

// Over says whether the other has had long enough.
func (p *Patience) Over() bool { return p.Spent() >= p.limit }

// Spent is how much the other could use since something was heard.
func (p *Patience) Spent() time.Duration {
	if p.last.IsZero() {
		return p.spent
	}
	now := time.Now()
	passed := min(now.Sub(p.last), 2*p.look)
	p.last = now
	if p.waited += passed; p.usable != nil && p.waited > p.look { // to ask costs something
		passed = min(passed, p.usable(passed))
	}
	p.spent += passed
	return p.spent
}

// Waited is how long it has been since something was heard.
func (p *Patience) Waited() time.Duration { return p.waited }

// Heard begins the wait anew.
func (p *Patience) Heard() { p.spent, p.waited, p.last = 0, 0, time.Now() }

// Rest stops the wait: what passes until Resume is no part of it.
func (p *Patience) Rest() {
	p.Spent()
	p.last = time.Time{}
	p.ticker.Stop()
}

// Resume goes on with a wait that rested.
func (p *Patience) Resume() {
	p.last = time.Now()
	p.ticker.Reset(p.look)
}

// Close ends the looks.
func (p *Patience) Close() { p.ticker.Stop() }
