// SPDX-License-Identifier: Apache-2.0

package program

import "time"

// userTick is the unit of CPU time in /proc: USER_HZ is 100 on all that Linux runs on
// here.
const userTick = 10 * time.Millisecond

// silence tells a program that hangs from one that a busy host keeps from running. Only
// time in which this process ran counts, and of a program that wants to run, it must
// have had a fair part of that time: a vCPU without a host core gets its thread none.
type silence struct {
	lasts   time.Duration
	looked  bool   // at half of the limit
	cpuThen uint64 // the program's CPU time then
}

// broken ends the silence: a line came.
func (s *silence) broken() { *s = silence{} }

// reaches adds to the silence, and says whether it has lasted for limit.
func (s *silence) reaches(limit, passed time.Duration, session int) bool {
	s.lasts += passed
	if !s.looked && s.lasts >= limit/2 {
		s.looked = true
		_, s.cpuThen = busy(session)
	}
	if s.lasts < limit {
		return false
	}
	runs, cpu := busy(session)
	had := time.Duration(max(cpu, s.cpuThen)-s.cpuThen) * userTick
	if runs && had < limit/8 {
		*s = silence{lasts: limit / 2, looked: true, cpuThen: cpu}
		return false
	}
	return true
}
