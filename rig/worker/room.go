// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"

	"golang.org/x/sync/semaphore"

	"kcovrig/rig/boot"
	"kcovrig/rig/fleet"
	"kcovrig/rig/task"
)

const (
	// coresPerCell: a stress keeps one host core busy per guest CPU, and of a
	// cell's machines one is stressed at a time.
	coresPerCell = boot.GuestCPUs
	// bytesPerCell is two machines' memory, and as much again for QEMU itself.
	bytesPerCell = 2 * task.WithQEMU * boot.RAMBytes
)

// cellsAtOnce is how many cells a machine bears; memory in bytes, 0: not known.
func cellsAtOnce(cpus int, memory uint64) int {
	n := cpus / coresPerCell
	if memory > 0 {
		n = min(n, int(memory/bytesPerCell))
	}
	return max(1, n)
}

// room is the memory that tasks share. One whose scenario asks for more than all have
// waits until there is so much, though it has a slot.
type room struct {
	all  int64
	left *semaphore.Weighted
}

const mibPerCell = bytesPerCell >> 20

// newRoom has room for as many common cells as there are slots.
func newRoom(memoryMiB, slots int) room {
	all := int64(max(memoryMiB, slots*mibPerCell))
	return room{all, semaphore.NewWeighted(all)}
}

// take waits until there is room for a task, which release gives back.
func (r room) take(ctx context.Context, n fleet.Needs) (release func(), err error) {
	wants := min(int64(max(n.MemoryMiB, mibPerCell)), r.all)
	if err := r.left.Acquire(ctx, wants); err != nil {
		return nil, err
	}
	return func() { r.left.Release(wants) }, nil
}
