// SPDX-License-Identifier: Apache-2.0

package envtest

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// withoutLocks is set in the process that WithoutLocks starts.
const withoutLocks = "KCOVRIG_TEST_WITHOUT_LOCKS"

// WithoutLocks runs the rest of this test in a process of its own in which no file can be
// locked, as on NFS without its lock service: in that process it returns true, in this one
// false when that process has ended.
func WithoutLocks(t *testing.T) bool {
	t.Helper()
	if os.Getenv(withoutLocks) != "" {
		if err := refuseLocks(); err != nil {
			t.Fatal("no system call can be refused here: ", err)
		}
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), withoutLocks+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("without locks: %v\n%s", err, out)
	}
	return false
}

// refuseLocks makes flock(2), and fcntl(2) where it locks, fail for all of this process'
// threads.
func refuseLocks() error {
	const number, command = 0, 24 // where seccomp_data has the system call's number and its second argument
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	is := func(value, yes, no int) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(value), Jt: uint8(yes), Jf: uint8(no)}
	}
	answer := func(value uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value}
	}
	filter := []unix.SockFilter{
		load(number), is(unix.SYS_FLOCK, 7, 0), is(unix.SYS_FCNTL, 0, 5),
		load(command), is(unix.F_SETLK, 4, 0), is(unix.F_SETLKW, 3, 0), is(unix.F_OFD_SETLK, 2, 0), is(unix.F_OFD_SETLKW, 1, 0),
		answer(unix.SECCOMP_RET_ALLOW), answer(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOLCK)),
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}
